// The environment variables of the embedded PostgreSQL.
import { resolve } from "node:path";

export interface Settings {
  port: number;
  host: string;
  /** Absolute path, or undefined for a database in memory. */
  dataDir: string | undefined;
  /** What clients have to call the database. */
  name: string;
}

/**
 * Reads `PORT` (0-65535, 0 is any free port; 5100), `HOST` (127.0.0.1), `DATA_DIR` (.data/postgres, or memory://) and
 * `DATABASE_NAME` (postgres).
 * @throws Error when `PORT` is not a port.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const dataDir = env.DATA_DIR || ".data/postgres";
  return {
    port: parsePort(env.PORT ?? "5100"),
    host: env.HOST || "127.0.0.1",
    dataDir: dataDir.startsWith("memory://") ? undefined : resolve(dataDir),
    name: env.DATABASE_NAME || "postgres",
  };
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new Error(`PORT must be a whole number from 0 to 65535, not "${text}"`);
}
