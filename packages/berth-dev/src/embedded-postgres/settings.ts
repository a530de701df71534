// The settings of the embedded PostgreSQL from environment variables, and its URL.
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { parseWholeNumber } from "port-contract/args";

export interface ConnectionSettings {
  /** The name that clients have to use for the database. */
  name: string;
  /** How long other connections wait for an idle transaction, in milliseconds. 0 disables the timeout. */
  idleInTransactionTimeoutMs: number;
}

export interface Settings extends ConnectionSettings {
  port: number;
  host: string;
  /** Absolute path, or undefined for a database in memory. */
  dataDir: string | undefined;
  /** A file with the initial content of a database in memory, as `dumpDataDir` of PGlite writes it. */
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

/** Returns the URL of the database `name`, for DATABASE_URL and psql. Any user is accepted; the role postgres exists. */
export function databaseUrl({ address, family, port }: AddressInfo, name: string): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `postgres://postgres@${host}:${port}/${name}`;
}
