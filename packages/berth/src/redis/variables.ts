// The variable that says which Redis is attached.
import * as v from "valibot";
import { optional, variable } from "../process/environment";
import { parseRedisUrl } from "./url";

/** What a process reads that uses Redis. */
export const redisVariables = {
  REDIS_URL: variable({
    schema: optional(
      v.pipe(
        v.string(),
        v.regex(/^rediss?:\/\//),
        v.description("redis://user:password@host:port/number, or rediss:// for TLS"),
      ),
    ),
    example: "redis://localhost:6379",
    about: "The Redis in which all processes count together for `RATE_LIMIT_PER_MINUTE`.",
    secret: true,
    complete(url) {
      if (url !== undefined) parseRedisUrl(url);
      return url;
    },
  }),
};
