// A semaphore (bulkhead): calls wait here for a connection, not in undici, so that one that waits too long is known to be unsent.

/** Limits how many callers run at once. */
export interface Semaphore {
  /**
   * Waits for a permit, first in, first out.
   * @param timeoutMs The longest wait, in milliseconds.
   * @returns The function that releases the permit, not as a promise if one is free; undefined after the timeout.
   */
  acquire(timeoutMs: number): Release | Promise<Release>;
}

type Release = (() => void) | undefined;

/** Creates a semaphore with this many permits. @param closing Ends all waits when it aborts. */
export function createSemaphore(permits: number, closing: AbortSignal): Semaphore {
  let free = permits;
  const queue = new Set<(isAcquired: boolean) => void>();
  closing.addEventListener("abort", () => {
    for (const settle of queue) settle(false);
  });

  function release(): void {
    const [first] = queue;
    if (first) first(true);
    else free++;
  }

  return {
    acquire(timeoutMs) {
      if (closing.aborted) return undefined;
      if (free > 0) {
        free--;
        return release;
      }
      return new Promise((resolve) => {
        const settle = (isAcquired: boolean): void => {
          clearTimeout(timer);
          queue.delete(settle);
          resolve(isAcquired ? release : undefined);
        };
        const timer = setTimeout(settle, timeoutMs, false);
        queue.add(settle);
      });
    },
  };
}
