// Connects through poolers such as PgBouncer, which refuse startup settings that they do not know.
import type { Client } from "pg";
import type { Logger } from "pino";
import type { ConnectOptions } from "./connect";
import { isDatabaseError, NoHostError } from "./errors";

type Connect = (options: ConnectOptions) => Promise<Client>;

/** Settings that a connection can do without, and the consequence for the log. */
const DISPENSABLE = {
  statement_timeout:
    "a slow statement is abandoned but not cancelled; set statement_timeout for the database user",
  IntervalStyle:
    "intervals are parsed as IntervalStyle=postgres, so the database user must have no other style",
  extra_float_digits:
    "the database user must have no extra_float_digits below 1, which rounds floating-point numbers",
} as const;

/** Wraps `connect` to omit the settings that the server refuses, and logs the consequence of each once. */
export function acceptPoolers(connect: Connect, logger: Pick<Logger, "info">): Connect {
  const refused = new Set<string>();
  return async (options) => {
    for (;;) {
      const unsent = new Set(refused);
      try {
        return await connect({ ...options, unsent });
      } catch (err) {
        // PgBouncer names one setting at a time.
        const name = refusedSetting(err);
        if (name === undefined || unsent.has(name)) throw err;
        if (!refused.has(name))
          logger.info(`the connection pooler does not support ${name}: ${DISPENSABLE[name]}`);
        refused.add(name);
      }
    }
  };
}

/** 08P01 is protocol_violation. */
function refusedSetting(err: unknown): keyof typeof DISPENSABLE | undefined {
  const refusals = err instanceof NoHostError ? err.errors : [err];
  const texts = refusals.map((each) =>
    isDatabaseError(each) && each.code === "08P01" ? each.message : "",
  );
  const names = Object.keys(DISPENSABLE) as (keyof typeof DISPENSABLE)[];
  return names.find((name) => texts.some((text) => text.includes(name)));
}
