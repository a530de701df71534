// How long to wait before restarting something that keeps failing, and when to call that a crash loop.

/** A process that has run for this long has started successfully, in milliseconds. */
const STABLE_MS = 10_000;

/** The first delay and the longest one, in milliseconds; each is twice the one before. */
const FIRST_MS = 50;
const LAST_MS = 5000;

/** This many failures in a row are a crash loop. */
const CRASH_LOOP = 6;

/** Counts the failures of something that is restarted. */
export interface RestartBackOff {
  /** Counts an exit, and returns how long to wait before the next start, in milliseconds. */
  delayAfter(ranForMs: number): number;
  /** Whether it has failed too often in a row. */
  isCrashLoop(): boolean;
  /** How long ago the first failure in the row was, in milliseconds; 0 without one. */
  failingForMs(): number;
}

/** Starts without failures. */
export function createRestartBackOff(): RestartBackOff {
  let failures = 0;
  let firstAt: number | undefined;
  return {
    delayAfter(ranForMs) {
      failures = ranForMs < STABLE_MS ? failures + 1 : 1;
      if (failures === 1) firstAt = performance.now();
      return Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS);
    },
    isCrashLoop: () => failures >= CRASH_LOOP,
    failingForMs: () => (firstAt === undefined ? 0 : performance.now() - firstAt),
  };
}
