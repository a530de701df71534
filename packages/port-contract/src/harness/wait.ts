// Waits for a promise with a limit, for a condition, or for the next notification.
import { setTimeout as pause } from "node:timers/promises";

/** Resolves to the promise's value, or to `undefined` after `limitMs`. */
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
 * Polls `look` until it returns something truthy; resolves to `undefined` after `limitMs`.
 *
 * For changes without an event: a port that opens, or a process that ends and is not a child.
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

/** An event without a name or data. */
export interface Notifier {
  readonly notify: () => void;
  /** Resolves at the next notification. */
  readonly next: () => Promise<void>;
}

export function createNotifier(): Notifier {
  let waiting: (() => void)[] = [];
  return {
    notify() {
      waiting.forEach((wake) => wake());
      waiting = [];
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
