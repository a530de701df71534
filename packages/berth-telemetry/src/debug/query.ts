// Reads the numbers that a request asks with.

/** The least and the most of each parameter. */
export type Ranges = Readonly<Record<string, readonly [number, number]>>;

/** The parameters that were sent. */
export type Numbers = Readonly<Record<string, number | undefined>>;

/** Returns what is wrong, if anything is: a parameter that is misspelt must not be ignored. */
export function readNumbers(url = "", ranges: Ranges): Numbers | string {
  const known = new Map(Object.entries(ranges));
  const numbers: Record<string, number> = {};
  for (const [name, text] of new URLSearchParams(url.split("?")[1])) {
    const range = known.get(name);
    if (!range) return `There are no parameters but ${[...known.keys()].join(", ")}.`;
    const number = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
    if (!(number >= range[0] && number <= range[1])) {
      return `Let ${name} be a whole number from ${range[0]} to ${range[1]}.`;
    }
    numbers[name] = number;
  }
  return numbers;
}
