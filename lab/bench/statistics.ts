// Statistics over several rounds.

/** What the rounds of one measurement came to. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/**
 * The median, the minimum and the maximum.
 * @throws RangeError when there are no values
 */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  if (low === undefined || high === undefined) throw new RangeError("There are no values.");
  return { median: (low + high) / 2, min: sorted.at(0) ?? low, max: sorted.at(-1) ?? high };
}

/**
 * The ratios of values to the base, round by round, because a disturbance in a round affects both sides of its ratio.
 * @throws RangeError when there are no values
 */
export function ratio(values: readonly number[], base: readonly number[]): Spread {
  return spread(values.map((value, round) => value / (base[round] ?? Number.NaN)));
}
