// The environment variables of the embedded PostgreSQL.
import { resolve } from "node:path";
import type { ConnectionSettings } from "./connection";

export interface Settings extends ConnectionSettings {
  port: number;
  host: string;
  /** Absolute path, or undefined for a database in memory. */
  dataDir: string | undefined;
  /** The file of a database that one in memory begins as. */
  snapshot: string | undefined;
}

/**
 * Reads `PORT` (0-65535, 0 is any free port; 5100), `HOST` (127.0.0.1), `DATA_DIR` (.data/postgres, or memory://),
 * `SNAPSHOT` (none), `DATABASE_NAME` (postgres) and `IDLE_IN_TRANSACTION_TIMEOUT_MS` (60000, 0 is never).
 * @throws Error when a number is not one.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const dataDir = env.DATA_DIR || ".data/postgres";
  return {
    port: parseNumber("PORT", env.PORT ?? "5100", 65535),
    host: env.HOST || "127.0.0.1",
    dataDir: dataDir.startsWith("memory://") ? undefined : resolve(dataDir),
    snapshot: env.SNAPSHOT || undefined,
    name: env.DATABASE_NAME || "postgres",
    idleInTransactionTimeoutMs: parseNumber(
      "IDLE_IN_TRANSACTION_TIMEOUT_MS",
      env.IDLE_IN_TRANSACTION_TIMEOUT_MS ?? "60000",
      2 ** 31 - 1,
    ),
  };
}

function parseNumber(name: string, text: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(`${name} must be a whole number from 0 to ${max}, not "${text}"`);
}
