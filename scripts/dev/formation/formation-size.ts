// Reads a formation such as web=2,worker=0: how many instances there are of each process type.

const PART = /^([A-Za-z0-9_-]+)=(\d{1,3})$/;
/** The next process type's ports begin 100 further. */
const MAX_INSTANCES = 100;

/**
 * Returns the count of each of `names`; `all=N` is for those that are not named, which have 1 else.
 * @throws Error when a part is not NAME=COUNT, names no process, or counts beyond 100.
 */
export function parseFormation(text: string, names: string[]): Map<string, number> {
  const counts = new Map(text.split(",").map((part) => parsePart(part.trim(), names)));
  const others = counts.get("all") ?? 1;
  return new Map(names.map((name) => [name, counts.get(name) ?? others]));
}

function parsePart(part: string, names: string[]): [string, number] {
  const [, name, count] = PART.exec(part) ?? [];
  if (name === undefined || Number(count) > MAX_INSTANCES)
    throw new Error(`-m takes NAME=COUNT,… with counts from 0 to ${MAX_INSTANCES}, not "${part}"`);
  if (name !== "all" && !names.includes(name))
    throw new Error(`-m names "${name}", but the Procfile has only ${names.join(", ")}`);
  return [name, Number(count)];
}
