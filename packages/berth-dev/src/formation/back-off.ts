// How long to wait before an instance that has ended is started anew: longer each time, so that a broken one does not keep the machine busy.

/** Who has stumbled once, over a port that was not free yet, say, is back at once. */
const FIRST_MS = 100;
/** Who waits for a repair is back soon after it. */
const MOST_MS = 5000;
/** What ran this long has started well, so that its end is a new trouble. */
const RAN_WELL_MS = 10_000;

/** Returns what tells how long to wait, in milliseconds, when the instance of this name has ended after `ranMs`. */
export function createBackOff(): (name: string, ranMs: number) => number {
  const last = new Map<string, number>();
  return (name, ranMs) => {
    const before = ranMs < RAN_WELL_MS ? last.get(name) : undefined;
    const ms = before === undefined ? FIRST_MS : Math.min(before * 2, MOST_MS);
    last.set(name, ms);
    return ms;
  };
}
