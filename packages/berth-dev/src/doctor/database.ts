// Reads the state of the development database: on another server, in the running formation, or from unused data.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import pino from "pino";
import { createDatabase, reasonOf } from "berth/postgres";
import { appliedMigrations } from "../db/commands";
import { openDevelopmentDatabase } from "../db/development-database";
import { lockOwner } from "../embedded-postgres/data-directory-lock";
import type { Context } from "./context";
import { readValues } from "./formation";

export type DatabaseState = { isEmbedded: boolean } & (
  | {
      /** The names of the applied migrations, in the order in which they were applied. */
      applied: string[];
      clock: ClockReading;
    }
  | { unreachable: string }
);

/** The database's time, and this machine's before and after it was asked, in milliseconds since 1970. */
export interface ClockReading {
  before: number;
  database: number;
  after: number;
}

const TIMEOUT_MS = 2000;

export async function readDatabase(context: Context): Promise<DatabaseState | undefined> {
  const url = otherDatabase(context);
  if (url !== undefined) return ask(url, false);
  if (!(await canOpen(context))) return undefined;
  const [port] = (await context.formation())?.running ?? [];
  try {
    const { url, close } = await openDevelopmentDatabase(context.root, port);
    return await ask(url, true).finally(close);
  } catch {
    // It was locked in the meantime, or is of another version: the check of the data directory reports that.
    return undefined;
  }
}

/** The URL of DEV_DATABASE_URL, which replaces the embedded database. */
export const otherDatabase = ({ root, env }: Context): string | undefined =>
  ({ ...readValues(root), ...env }).DEV_DATABASE_URL || undefined;

/** The embedded database's directory. Undefined for one in memory. */
export function dataDirectory({ root, env }: Context): string | undefined {
  const folder = { ...readValues(root), ...env }.DATA_DIR || ".data/postgres";
  return folder.startsWith("memory://") ? undefined : resolve(root, folder);
}

/** Whether there is data, and no process uses it except this folder's formation. */
async function canOpen(context: Context): Promise<boolean> {
  const formation = await context.formation();
  const folder = dataDirectory(context);
  if (formation === undefined || folder === undefined) return false;
  if (!existsSync(join(folder, "PG_VERSION"))) return false;
  return formation.running.length > 0 || (await lockOwner(folder)) === undefined;
}

async function ask(url: string, isEmbedded: boolean): Promise<DatabaseState> {
  const database = createDatabase({
    url,
    poolSize: 1,
    connectTimeoutMs: TIMEOUT_MS,
    statementTimeoutMs: TIMEOUT_MS,
    logger: pino({ enabled: false }),
  });
  try {
    await database.ping();
    const before = Date.now();
    const [row] = await database.query<{ ms: string }>(
      "SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms",
    );
    const clock = { before, database: Number(row?.ms), after: Date.now() };
    return { isEmbedded, applied: await appliedMigrations(database), clock };
  } catch (err) {
    return { isEmbedded, unreachable: reasonOf((err as Error).cause ?? err) };
  } finally {
    await database.close();
  }
}
