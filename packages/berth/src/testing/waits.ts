// Waits that end: Jest's own limit would not say what the program under test has printed.

/** Below Jest's `testTimeout`, and long on any machine: it decides only when a hung test ends. */
const LIMIT_MS = 60_000;

/** The real ones, whatever a test makes of the timers. */
const { setTimeout, clearTimeout } = globalThis;

/** As `wait`, but rejects with `describe()` where that takes more than a minute. */
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
