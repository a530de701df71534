// Waits with a time limit. Unlike Jest's own timeout, its error can include the output of the program under test.

/** In milliseconds; shorter than Jest's `testTimeout`, but long enough for any machine: it only ends tests that hang. */
const LIMIT_MS = 60_000;

/** The real timers, even if a test fakes them. */
const { setTimeout, clearTimeout } = globalThis;

/** Resolves like `wait`, or rejects with `describe()` at the limit, which is a minute by default. */
export async function inTime<T>(
  wait: Promise<T>,
  describe: () => string,
  limitMs = LIMIT_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${limitMs} ms, ${describe()}`)), limitMs);
  });
  try {
    return await Promise.race([wait, limit]);
  } finally {
    clearTimeout(timer);
  }
}
