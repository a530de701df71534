// Limits concurrent calls to the number of connections, so that a call that times out in the queue is known to be unsent.

/** Limits how many callers run at once. */
export interface Semaphore {
  /**
   * Waits in line for a permit.
   * @param timeoutMs The longest wait, in milliseconds.
   * @returns A function that releases the permit, synchronously if one is free; undefined after the timeout.
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
