// Numbers made of several rounds.

/** What the rounds of one measurement came to. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/**
 * The median with the extremes.
 * @throws RangeError when there are no values.
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
 * How often the base goes into the values, round by round: what disturbs one round disturbs both sides of its ratio.
 * @throws RangeError when there are no values.
 */
export function ratio(values: readonly number[], base: readonly number[]): Spread {
  return spread(values.map((value, round) => value / (base[round] ?? Number.NaN)));
}
