// Limits how many requests one client may send in a minute.
import type { Request, RequestHandler } from "express";
import type * as ExpressRateLimit from "express-rate-limit";
import { currentLogger } from "../process/work-context";
import { clientAddress } from "./client-address";
import { createMemoryCounters } from "./memory-counters";
import { Problem } from "./problem";

/** How requests are limited. */
export interface RateLimitOptions {
  /** How many requests a client may send in a minute, which begins with its first one. */
  perMinute: number;
  /** Where all processes count together; each counts alone without it. */
  redis?: CounterStore | undefined;
  /** Tells this limit's counters from others in the same Redis, such as the service's name. */
  name: string;
}

/** What is needed of Redis. */
export interface CounterStore {
  /** Runs one command. */
  send: (command: string, ...args: (string | number)[]) => Promise<unknown>;
}

const MINUTE_MS = 60_000;

/**
 * Answers 429 to a client that has sent more than its requests, and says in `RateLimit` headers what is left. While Redis
 * does not answer, it lets everybody pass.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/08/
 */
export function rateLimit({ perMinute, redis, name }: RateLimitOptions): RequestHandler {
  const { ipKeyGenerator, rateLimit: limit } = load();
  const lookForProxy = createProxyWarning();
  return limit({
    limit: perMinute,
    windowMs: MINUTE_MS,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    // An IPv6 client has a whole network of addresses, and must not have a limit for each.
    keyGenerator(req) {
      lookForProxy(req);
      return ipKeyGenerator(clientAddress(req) ?? "");
    },
    handler() {
      throw new Problem(429, "Too many requests: come back later.");
    },
    store: redis
      ? createCounters(redis, `${name}:requests:`)
      : createMemoryCounters({ windowMs: MINUTE_MS }),
    passOnStoreError: true,
    // These would be for each request: Redis itself says when it is away, and the counters when they cannot count.
    logger: { error: () => undefined, warn: () => undefined },
    // They look after keys made of `req.ip`, and print.
    validate: false,
  });
}

/** Says once that requests come by a proxy that is not trusted: whoever they are from, they are one client's. */
function createProxyWarning(): (req: Request) => void {
  let isSaid = false;
  return ({ app, headers }) => {
    if (isSaid || headers["x-forwarded-for"] === undefined || app.get("trust proxy") !== 0) return;
    isSaid = true;
    currentLogger()?.warn(
      "a request came with X-Forwarded-For: if a proxy of yours has set it, set TRUST_PROXY, as all its clients share one limit",
    );
  };
}

/** Counts, in one step, and ends the count a minute after its beginning. */
const COUNT = `
  local requests = redis.call("INCR", KEYS[1])
  local remaining = redis.call("PTTL", KEYS[1])
  if remaining < 0 then
    redis.call("PEXPIRE", KEYS[1], ARGV[1])
    remaining = tonumber(ARGV[1])
  end
  return { requests, remaining }
`;

/** As rate-limit-redis does it, which counts nothing ever again when Redis is away as the process starts (6.0.1). */
function createCounters({ send }: CounterStore, prefix: string): ExpressRateLimit.Store {
  let isSaid = false;
  const sayOnce = (err: unknown): void => {
    if (isSaid || !isRefusal(err)) return;
    isSaid = true;
    currentLogger()?.warn({ err }, "Redis refuses to count a request: those like it all pass");
  };
  return {
    async increment(client) {
      try {
        const answer = await send("EVAL", COUNT, 1, prefix + client, MINUTE_MS);
        const [totalHits, remainingMs] = answer as [number, number];
        // The library takes the same clock away again in this turn: nobody can set it in between.
        return { totalHits, resetTime: new Date(Date.now() + remainingMs) };
      } catch (err) {
        sayOnce(err);
        throw err;
      }
    },
    decrement: async (client) => void (await send("DECR", prefix + client)),
    resetKey: async (client) => void (await send("DEL", prefix + client)),
  };
}

/** It is there, and does not do this: scripts are forbidden, or it is one of a cluster. */
const isRefusal = (err: unknown): boolean => (err as Error).name === "ReplyError";

/** Without a limit nothing of it is loaded. */
const load = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("express-rate-limit") as typeof ExpressRateLimit;
