// Counts requests per client in this process' memory, for a bounded number of clients.
import type { Store } from "express-rate-limit";

/** Options of the counters. */
export interface MemoryCounterOptions {
  /** How long a count lasts, in milliseconds. */
  windowMs: number;
  /** How many of the latest clients are remembered: at least this many, at most twice as many. */
  clients?: number;
  /** A monotonic clock, in milliseconds. */
  now?: () => number;
}

interface Counter {
  requests: number;
  endsAt: number;
}

/** Takes about 7 MB in all. */
const CLIENTS = 50_000;

/**
 * Two generations bound memory without bookkeeping for known clients: when the recent one is full, or a window old, it
 * replaces the earlier one. A client that keeps sending stays; it is forgotten early only if it is silent while as many
 * other clients come as are remembered. An attacker with that many addresses has as many limits anyway.
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
    // A copy: the string may be a slice, which would keep the whole header in memory.
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
      // express-rate-limit subtracts `Date.now()` again in the same turn, so setting the clock changes nothing.
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
