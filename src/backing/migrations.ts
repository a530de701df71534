// Brings a database's schema up to date.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { Client } from "pg";

/** What to migrate, and with which files. */
export interface MigrateOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** Glob of the migration files, relative to the working directory; their names order them. */
  files: string;
  logger: Logger;
  /** How long to wait for a database that is still starting, in milliseconds. */
  startTimeoutMs: number;
}

const RETRY_MS = 100;

/**
 * Applies the migrations that the database lacks. When several processes migrate at once, one works and the rest wait.
 * A migration that the database has and the files lack is no error: it belongs to a newer or an older release.
 * @throws Error when the database cannot be reached in time, or a migration fails: it has then been rolled back.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { url, files, logger, startTimeoutMs } = options;
  // An ES module, and only this process needs it.
  const { runner } = await import("node-pg-migrate");
  const client = await connect(url, Date.now() + startTimeoutMs);
  try {
    const applied = await runner({
      dbClient: client,
      dir: files,
      useGlob: true,
      direction: "up",
      migrationsTable: "migrations",
      advisoryLockMode: "wait",
      checkOrder: false,
      log: (message) => logger.debug(message),
    });
    logger.info({ applied: applied.map(({ name }) => name) }, "the database is up to date");
  } finally {
    await client.end();
  }
}

async function connect(url: string, deadline: number): Promise<Client> {
  for (;;) {
    const client = new Client({ connectionString: url });
    // A connection that breaks later rejects the statement that needs it.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (err) {
      if (Date.now() > deadline) throw err;
      await sleep(RETRY_MS);
    }
  }
}
