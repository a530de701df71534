// The environment variables of the embedded PostgreSQL.
import { resolve } from "node:path";
import { parseWholeNumber } from "port-contract/args";
import type { ConnectionSettings } from "./connection";

export interface Settings extends ConnectionSettings {
  port: number;
  host: string;
  /** Absolute path, or undefined for a database in memory. */
  dataDir: string | undefined;
  /** The file of a database dump with which a database in memory begins. */
  snapshot: string | undefined;
}

/**
 * Reads `PORT` (0-65535, 0 is any free port; default 5100), `HOST` (127.0.0.1), `DATA_DIR` (.data/postgres, or memory://),
 * `SNAPSHOT` (none), `DATABASE_NAME` (postgres) and `IDLE_IN_TRANSACTION_TIMEOUT_MS` (60000, 0 is never).
 * @throws UsageError when a number is invalid.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const dataDir = env.DATA_DIR || ".data/postgres";
  return {
    port: parseWholeNumber("PORT", env.PORT ?? "5100", { max: 65535 }),
    host: env.HOST || "127.0.0.1",
    dataDir: dataDir.startsWith("memory://") ? undefined : resolve(dataDir),
    snapshot: env.SNAPSHOT || undefined,
    name: env.DATABASE_NAME || "postgres",
    idleInTransactionTimeoutMs: parseWholeNumber(
      "IDLE_IN_TRANSACTION_TIMEOUT_MS",
      env.IDLE_IN_TRANSACTION_TIMEOUT_MS ?? "60000",
      { max: 2 ** 31 - 1 },
    ),
  };
}
