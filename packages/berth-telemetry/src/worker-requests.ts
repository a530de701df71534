// Matches requests with their responses between a supervisor and its workers.
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves with undefined if the work takes longer than `ms`. */
export const inTime = <T>(ms: number, work: Promise<T>): Promise<T | undefined> => {
  const stop = new AbortController();
  const late = sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);
  return Promise.race([work, late]).finally(() => stop.abort());
};

/** Open requests, by number. */
export function createRequests<T>() {
  const open = new Map<number, (response: T) => void>();
  let count = 0;
  return {
    settle: (id: number, response: T) => open.get(id)?.(response),
    async send(limitMs: number, send: (id: number) => void): Promise<T | undefined> {
      const id = ++count;
      const responded = new Promise<T>((resolve) => void open.set(id, resolve));
      send(id);
      return inTime(limitMs, responded).finally(() => open.delete(id));
    },
  };
}
