// Waiting: for a promise within a limit, for the next of many events, or, where the system sends none, for a condition.
import { setTimeout as pause } from "node:timers/promises";

/** Resolves to the promise's value, or to `undefined` once `limitMs` have passed. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  const limit = new AbortController();
  const late = pause(limitMs, undefined, { signal: limit.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    limit.abort();
  }
}

/**
 * Asks `look` again and again until it returns something truthy; `undefined` once `limitMs` have passed.
 *
 * For what the system announces with no event: a port that opens, a process of someone else's that ends.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  limitMs: number,
  everyMs = 20,
): Promise<T | undefined> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() >= deadline) return undefined;
    await pause(everyMs);
  }
}

/** Something that happens again and again, and who waits for its next time. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves when it rings next. */
  readonly rung: () => Promise<void>;
}

/** Makes a bell. */
export function createBell(): Bell {
  let waiting: (() => void)[] = [];
  return {
    ring() {
      waiting.forEach((wake) => wake());
      waiting = [];
    },
    rung: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
