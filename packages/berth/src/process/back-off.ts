// How soon what keeps failing is tried again, and when that makes no sense any more.

/** What has run for this long has started well, in milliseconds. */
const STABLE_MS = 10_000;

/** In milliseconds: at first, and at most after doubling that again and again. */
const FIRST_MS = 50;
const LAST_MS = 5000;

/** As many failures in a row are a loop, unless something has started well meanwhile. */
const LOOP = 6;

/** The failures of something that is started again and again. */
export interface BackOff {
  /** Counts an end, and returns how long to wait before the next start, in milliseconds. */
  delayAfter(ranForMs: number): number;
  /** Whether it has failed too often in a row. */
  isLoop(): boolean;
  /** How long ago the first failure of that row was, in milliseconds; 0 without one. */
  failingForMs(): number;
}

/** Starts to count. */
export function createBackOff(): BackOff {
  let failures = 0;
  let firstAt: number | undefined;
  return {
    delayAfter(ranForMs) {
      failures = ranForMs < STABLE_MS ? failures + 1 : 1;
      if (failures === 1) firstAt = performance.now();
      return Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS);
    },
    isLoop: () => failures >= LOOP,
    failingForMs: () => (firstAt === undefined ? 0 : performance.now() - firstAt),
  };
}
