// Limits concurrency.

/** Runs a task as soon as there is room for it, first in, first out. */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns a queue that runs up to `width` tasks at a time. */
export function createQueue(width: number): Queue {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
