// Limits how many requests one client may send per minute.
import type { Request, RequestHandler } from "express";
import type * as ExpressRateLimit from "express-rate-limit";
import { rateLimited } from "../process/channels";
import { currentLogger } from "../process/work-context";
import { clientAddress } from "../request/client-address";
import { Problem } from "../request/problem";
import { describes } from "../schema/description";
import { createMemoryCounters } from "./memory-counters";

/** The limit, and where requests are counted. */
export interface RateLimitOptions {
  /** How many requests a client may send per minute; the minute starts with its first request. */
  perMinute: number;
  /** Where all processes count together; without it, each process counts for itself. */
  redis?: CounterStore | undefined;
  /** Prefix of the counters in Redis, such as the service's name. */
  name: string;
}

/** The part of a Redis client that the counters use. */
export interface CounterStore {
  /** Runs one command. */
  send: (command: string, ...args: (string | number)[]) => Promise<unknown>;
}

const MINUTE_MS = 60_000;

/**
 * Responds 429 to a client that has used up its requests; `RateLimit` headers say what is left. Fails open: while Redis
 * is unreachable, all requests pass.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/08/
 */
export function rateLimit({ perMinute, redis, name }: RateLimitOptions): RequestHandler {
  const { ipKeyGenerator, rateLimit: limit } = load();
  const warnOfProxy = createProxyWarning();
  const handler = limit({
    limit: perMinute,
    windowMs: MINUTE_MS,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    // An IPv6 client has a whole subnet of addresses, which must share one limit.
    keyGenerator(req) {
      warnOfProxy(req);
      return ipKeyGenerator(clientAddress(req) ?? "");
    },
    handler() {
      if (rateLimited.hasSubscribers) rateLimited.publish({ result: "refused" });
      throw new Problem(429, "Too many requests: try again later.");
    },
    store: redis
      ? createCounters(redis, `${name}:requests:`)
      : createMemoryCounters({ windowMs: MINUTE_MS }),
    passOnStoreError: true,
    // These would log for each request: the Redis client logs when it is unreachable, and the counters when they fail.
    logger: { error: () => undefined, warn: () => undefined },
    // These checks concern keys made of `req.ip`, and print to the console.
    validate: false,
  });
  return describes(handler, {
    headers: {
      RateLimit: "How many requests are left, and for how many seconds.",
      "RateLimit-Policy": "How many requests a client may send per minute.",
    },
    problems: {
      429: {
        when: `The client has sent more than ${perMinute} requests in a minute.`,
        headers: { "Retry-After": "After how many seconds the client may try again." },
      },
    },
  });
}

/** Warns once if requests come through a proxy that is not trusted: they would all count as one client's. */
function createProxyWarning(): (req: Request) => void {
  let isWarned = false;
  return ({ app, headers }) => {
    if (isWarned || headers["x-forwarded-for"] === undefined || app.get("trust proxy") !== 0)
      return;
    isWarned = true;
    currentLogger()?.warn(
      "a request has X-Forwarded-For, but no proxy is trusted: if your proxy sets it, set TRUST_PROXY, or all its clients share one rate limit",
    );
  };
}

/** Increments a counter that expires a minute after its start, in one step. */
const COUNT = `
  local requests = redis.call("INCR", KEYS[1])
  local remaining = redis.call("PTTL", KEYS[1])
  if remaining < 0 then
    redis.call("PEXPIRE", KEYS[1], ARGV[1])
    remaining = tonumber(ARGV[1])
  end
  return { requests, remaining }
`;

/** Like rate-limit-redis, which never counts again if Redis is unreachable when the process starts (6.0.1). */
function createCounters({ send }: CounterStore, prefix: string): ExpressRateLimit.Store {
  let isWarned = false;
  const warnOnce = (err: unknown): void => {
    if (isWarned || !isRefusal(err)) return;
    isWarned = true;
    currentLogger()?.warn(
      { err },
      "Redis refused to count a request: the rate limit is not enforced",
    );
  };
  return {
    async increment(client) {
      try {
        const reply = await send("EVAL", COUNT, 1, prefix + client, MINUTE_MS);
        const [totalHits, remainingMs] = reply as [number, number];
        // express-rate-limit subtracts `Date.now()` again in the same turn, so setting the clock changes nothing.
        return { totalHits, resetTime: new Date(Date.now() + remainingMs) };
      } catch (err) {
        if (rateLimited.hasSubscribers) rateLimited.publish({ result: "not counted" });
        warnOnce(err);
        throw err;
      }
    },
    decrement: async (client) => void (await send("DECR", prefix + client)),
    resetKey: async (client) => void (await send("DEL", prefix + client)),
  };
}

/** Redis is reachable, but rejects the command: scripts are forbidden, or it is a node of a cluster. */
const isRefusal = (err: unknown): boolean => (err as Error).name === "ReplyError";

/** Loaded only if there is a limit. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("express-rate-limit") as typeof ExpressRateLimit;
