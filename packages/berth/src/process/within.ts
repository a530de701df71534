// Waits for a promise with a time limit.

/**
 * Resolves to true if the promise resolves in time, or to false at the limit. Rejects if the promise rejects in time.
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
