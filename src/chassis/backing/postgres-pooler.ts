// Connects through poolers such as PgBouncer, which refuse server settings that they do not know.
import type { Client } from "pg";
import type { Logger } from "pino";
import type { ConnectOptions } from "./postgres-connect";
import { isDatabaseError, NoHostError } from "./postgres-errors";

type Connect = (options: ConnectOptions) => Promise<Client>;

/** Returns how to connect: where the server does not take the statement timeout, only this process keeps it, and the log says so. */
export function acceptPoolers(connect: Connect, logger: Pick<Logger, "info">): Connect {
  let isRefused = false;
  return async (options) => {
    if (isRefused) return connect({ ...options, isTimeoutSent: false });
    try {
      return await connect(options);
    } catch (err) {
      if (!refusesTimeout(err)) throw err;
      if (!isRefused) {
        logger.info(
          "the database's pooler does not pass statement_timeout on: a statement that takes too long is given up, " +
            "but not ended; set statement_timeout for the database's user",
        );
      }
      isRefused = true;
      return connect({ ...options, isTimeoutSent: false });
    }
  };
}

function refusesTimeout(err: unknown): boolean {
  if (err instanceof NoHostError) return err.errors.some(refusesTimeout);
  return isDatabaseError(err) && err.code === "08P01" && err.message.includes("statement_timeout");
}
