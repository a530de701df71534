// The migration for the tables of jobs: graphile-worker's own, and those for workers' heartbeats and the last runs of cron lines.
import type { MigrationBuilder } from "node-pg-migrate";
import { loadLibrary } from "./library";
import { quietLogger } from "./library-logger";

/**
 * A migration that creates the tables of jobs, or upgrades those of an earlier graphile-worker:
 * `export { createJobTables as up, dropJobTables as down } from "berth/jobs"`.
 */
export async function createJobTables(pgm: MigrationBuilder): Promise<void> {
  // graphile-worker uses its own transactions; after a failure, the next attempt continues from the last one committed.
  pgm.noTransaction();
  const client = {
    query: (...args: Parameters<typeof pgm.db.query>) => pgm.db.query(...args),
    release: () => undefined,
  };
  const events = { on: () => undefined, removeListener: () => undefined, listeners: () => [1] };
  const pgPool = { connect: () => Promise.resolve(client), ...events };
  const { Logger, runMigrations } = loadLibrary();
  await runMigrations({ pgPool: pgPool as never, logger: new Logger(quietLogger) });
  await pgm.db.query(OWN_TABLES);
}

/** The reverse of `createJobTables`: removes all jobs. */
export function dropJobTables(pgm: MigrationBuilder): void {
  pgm.sql("DROP SCHEMA IF EXISTS berth_jobs, graphile_worker CASCADE");
}

/** Only `beats` is evaluated; `seen_at` is for people. */
const OWN_TABLES = `
  CREATE SCHEMA IF NOT EXISTS berth_jobs;
  CREATE TABLE IF NOT EXISTS berth_jobs.workers (
    id text PRIMARY KEY,
    lease_ms integer NOT NULL,
    beats bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS berth_jobs.cron_lines (
    name text PRIMARY KEY,
    last_at timestamptz NOT NULL DEFAULT now()
  )`;
