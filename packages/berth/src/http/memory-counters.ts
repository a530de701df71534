// Counts each client's requests in the memory of this process, for a limited number of clients.
import type { Store } from "express-rate-limit";

/** How requests are counted. */
export interface MemoryCounterOptions {
  /** How long a count lasts, in milliseconds. */
  windowMs: number;
  /** How many clients are remembered at least, of those that came last; twice as many at most. */
  clients?: number;
  /** A clock in milliseconds that nobody sets. */
  now?: () => number;
}

interface Counter {
  requests: number;
  endsAt: number;
}

/** Some 7 MB in all. */
const CLIENTS = 50_000;

/**
 * Two generations bound memory without any bookkeeping for a client that is known: when the recent one is full, or a
 * window old, it becomes the earlier one, which is dropped. A client that goes on sending stays; to be forgotten early, it
 * has to be silent while as many others come as are remembered. Whoever has so many addresses has their limits, too.
 */
export function createMemoryCounters(options: MemoryCounterOptions): Store {
  const { windowMs, clients = CLIENTS, now = () => performance.now() } = options;
  let recent = new Map<string, Counter>();
  let earlier = new Map<string, Counter>();
  let recentSince = now();

  function remember(client: string, at: number): Counter {
    if (recent.size >= clients || at - recentSince >= windowMs) {
      earlier = recent;
      recent = new Map();
      recentSince = at;
    }
    const counter = earlier.get(client) ?? { requests: 0, endsAt: at + windowMs };
    earlier.delete(client);
    // A copy: the text may be a slice, which would keep the whole header that it was cut from in memory.
    recent.set(Buffer.from(client).toString(), counter);
    return counter;
  }

  return {
    increment(client) {
      const at = now();
      const counter = recent.get(client) ?? remember(client, at);
      if (at >= counter.endsAt) {
        counter.requests = 0;
        counter.endsAt = at + windowMs;
      }
      counter.requests++;
      // The library takes the same clock away again in this turn: nobody can set it in between.
      return {
        totalHits: counter.requests,
        resetTime: new Date(Date.now() + counter.endsAt - at),
      };
    },
    decrement(client) {
      const counter = recent.get(client) ?? earlier.get(client);
      if (counter && counter.requests > 0) counter.requests--;
    },
    resetKey(client) {
      recent.delete(client);
      earlier.delete(client);
    },
  };
}
