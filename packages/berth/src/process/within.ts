// Waiting for something, but not for ever.

/**
 * Resolves true once the promise has resolved, or false when that takes longer than the limit.
 * Rejects when the promise rejects in time.
 * @param limitMs In milliseconds.
 */
export async function within(limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
