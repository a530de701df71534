// Parses a formation, such as web=2,worker=0: the number of instances of each process type. Heroku's term.

const PART = /^([A-Za-z0-9_-]+)=(\d{1,3})$/;
/** Each process type has 100 ports. */
const MAX_INSTANCES = 100;

/** Counts by process type; `all` stands for the types that are not named. */
export type Counts = ReadonlyMap<string, number>;

/**
 * Parses NAME=COUNT,… for these process types.
 * @param source The option or line that it comes from, for error messages.
 * @throws Error when a part is not NAME=COUNT, names an unknown type, or its count is above 100.
 */
export const parseFormation = (text: string, names: readonly string[], source: string): Counts =>
  new Map(text.split(",").map((part) => parsePart(part.trim(), names, source)));

function parsePart(part: string, names: readonly string[], source: string): [string, number] {
  const [, name, count] = PART.exec(part) ?? [];
  if (name === undefined || Number(count) > MAX_INSTANCES)
    throw new Error(
      `${source} takes NAME=COUNT,… with counts from 0 to ${MAX_INSTANCES}, not "${part}"`,
    );
  if (name !== "all" && !names.includes(name))
    throw new Error(`${source} names "${name}", but the Procfile has only ${names.join(", ")}`);
  return [name, Number(count)];
}

/** Returns the count of a type from the first formation that has one; 1 if none has. */
export function countIn(name: string, ...formations: (Counts | undefined)[]): number {
  for (const counts of formations) {
    const count = counts?.get(name) ?? counts?.get("all");
    if (count !== undefined) return count;
  }
  return 1;
}
