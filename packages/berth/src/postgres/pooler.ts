// Connects through poolers such as PgBouncer, which refuse server settings that they do not know.
import type { Client } from "pg";
import type { Logger } from "pino";
import type { ConnectOptions } from "./connect";
import { isDatabaseError, NoHostError } from "./errors";

type Connect = (options: ConnectOptions) => Promise<Client>;

/** The settings that a connection can do without, and what that means. */
const LOSSES = {
  statement_timeout:
    "a statement that takes too long is given up, but not ended; set statement_timeout for the database's user",
  IntervalStyle:
    "intervals are read as IntervalStyle=postgres writes them, so the database's user must have no other",
  extra_float_digits:
    "the database's user must have no extra_float_digits below 1, which cut floating-point numbers",
} as const;

/** Returns how to connect: without the settings that the server refuses; the log says once of each what is lost. */
export function acceptPoolers(connect: Connect, logger: Pick<Logger, "info">): Connect {
  const refused = new Set<string>();
  return async (options) => {
    for (;;) {
      const unsent = new Set(refused);
      try {
        return await connect({ ...options, unsent });
      } catch (err) {
        // PgBouncer names one at a time.
        const name = refusedSetting(err);
        if (name === undefined || unsent.has(name)) throw err;
        if (!refused.has(name))
          logger.info(`the database's pooler does not pass ${name} on: ${LOSSES[name]}`);
        refused.add(name);
      }
    }
  };
}

function refusedSetting(err: unknown): keyof typeof LOSSES | undefined {
  const refusals = err instanceof NoHostError ? err.errors : [err];
  const texts = refusals.map((each) =>
    isDatabaseError(each) && each.code === "08P01" ? each.message : "",
  );
  const names = Object.keys(LOSSES) as (keyof typeof LOSSES)[];
  return names.find((name) => texts.some((text) => text.includes(name)));
}
