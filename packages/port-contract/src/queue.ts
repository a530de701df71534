// Lets only so many pieces of work run at a time.

/** Runs work as soon as there is room for it, first come, first served. */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns a queue with room for `width` pieces of work. */
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
