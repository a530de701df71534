// Parses query parameters that are numbers.

/** The minimum and maximum of each parameter. */
export type Ranges = Readonly<Record<string, readonly [number, number]>>;

/** The parameters that were sent. */
export type Numbers = Readonly<Record<string, number | undefined>>;

/** Returns the numbers, or what is wrong: a misspelt parameter must not be ignored. */
export function readNumbers(url = "", ranges: Ranges): Numbers | string {
  const known = new Map(Object.entries(ranges));
  const numbers: Record<string, number> = {};
  for (const [name, text] of new URLSearchParams(url.split("?")[1])) {
    const range = known.get(name);
    if (!range) return `Unknown parameter. The parameters are ${[...known.keys()].join(", ")}.`;
    const number = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
    if (!(number >= range[0] && number <= range[1])) {
      return `${name} must be a whole number from ${range[0]} to ${range[1]}.`;
    }
    numbers[name] = number;
  }
  return numbers;
}
