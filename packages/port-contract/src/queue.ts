// Limits concurrency, as p-limit does.

/** Runs a task once fewer than the limit are running, first in, first out. */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns a queue that runs up to `concurrency` tasks at a time. */
export function createQueue(concurrency: number): Queue {
  const waiting: (() => void)[] = [];
  let free = concurrency;
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
