// Brings a database's schema up to date, and takes its last step back.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { Logger } from "pino";
import { connect, type ConnectOptions } from "./postgres-connect";
import { cureOf, reasonOf } from "./postgres-errors";
import { sayHowSafe } from "./postgres-safety";
import { checkTlsFiles } from "./postgres-tls";
import { parsePostgresUrl } from "./postgres-url";

/** What to migrate, and with which files. */
export interface MigrateOptions {
  /** `postgres://user:password@host:port/database`, with any of libpq's parameters that are supported. */
  url: string;
  /** Glob of the migration files, relative to the working directory; their names order them. */
  files: string;
  logger: Logger;
  /** How long to wait for a database that is still starting, in milliseconds. */
  startTimeoutMs: number;
}

/** How long one try to connect may take: a server that accepts and says nothing is asked again. */
const TRY_MS = 5000;

/** The pause after the first failed try; each is twice as long as the one before, up to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** How often the log says that another process is still migrating. */
const STILL_WAITING_MS = 30_000;

/**
 * How long a statement waits for a lock on a table. While it waits, everybody who needs the table waits behind it:
 * a release that fails is better. A migration may set its own by `SET LOCAL lock_timeout`.
 */
const LOCK_TIMEOUT = "10s";

/**
 * Applies the migrations that the database lacks. When several processes migrate at once, one works and the rest wait.
 * A migration that the database has and the files lack is no error: it belongs to a newer or an older release.
 * @returns The names of those that were applied.
 * @throws Error when the database cannot be reached in time, or a migration fails: it has then been rolled back.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const applied = await run(options, "up");
  options.logger.info({ applied }, "the database is up to date");
  return applied;
}

/**
 * Undoes the migration that was applied last.
 * @returns Its name, or nothing when there is none.
 * @throws Error as `migrate` does, and when the migration cannot be undone.
 */
export async function rollBack(options: MigrateOptions): Promise<string | undefined> {
  const [undone] = await run(options, "down");
  options.logger.info({ undone }, "the last migration is undone");
  return undone;
}

async function run(options: MigrateOptions, direction: "up" | "down"): Promise<string[]> {
  const { files, logger } = options;
  const client = await connectInTime(options);
  let current: string | undefined;
  try {
    // An ES module, and only this process needs it.
    const { PG_MIGRATE_LOCK_ID, runner } = await import("node-pg-migrate");
    await lock(client, PG_MIGRATE_LOCK_ID, logger);
    await client.query(
      `SELECT set_config('lock_timeout', '${LOCK_TIMEOUT}', false) WHERE current_setting('lock_timeout') = '0'`,
    );
    const moved = await runner({
      dbClient: client,
      dir: files,
      useGlob: true,
      direction,
      migrationsTable: "migrations",
      noLock: true,
      checkOrder: false,
      log: (message) => {
        current = /^### MIGRATION (\S+)/.exec(message)?.[1] ?? current;
        logger.debug(message);
      },
    });
    await client.query(`SELECT pg_advisory_unlock(${PG_MIGRATE_LOCK_ID})`);
    return moved.map(({ name }) => name);
  } catch (err) {
    if (current === undefined) throw err;
    throw new Error(`The migration ${current} failed: ${reasonOf(err)}`, { cause: err });
  } finally {
    await client.end();
  }
}

/** @throws Error with the cure, at once when waiting mends nothing, else when the time is over. */
async function connectInTime({ url, logger, startTimeoutMs }: MigrateOptions): Promise<Client> {
  const settings = parsePostgresUrl(url);
  checkTlsFiles(settings);
  const deadline = Date.now() + startTimeoutMs;
  const onConnect = sayHowSafe(settings, logger);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const timeoutMs = Math.min(TRY_MS, deadline - Date.now());
    const options: ConnectOptions = { settings, timeoutMs, applicationName: "migrate", onConnect };
    try {
      return await connect(options);
    } catch (err) {
      const reason = reasonOf(err);
      const cure = cureOf(err);
      if (cure)
        throw new Error(`The database cannot be used: ${reason}. Cure: ${cure}.`, { cause: err });
      if (Date.now() + pauseMs >= deadline) {
        const message = `The database was not reached within ${startTimeoutMs} ms: ${reason}`;
        throw new Error(message, { cause: err });
      }
      logger.info({ reason }, "waiting for the database");
      await sleep(pauseMs);
    }
  }
}

/** Waits as long as it takes: another process' migration may be a long one, and its lock ends with its connection. */
async function lock(client: Client, id: number, logger: Logger): Promise<void> {
  const { rows } = await client.query(`SELECT 1 WHERE pg_try_advisory_lock(${id})`);
  if (rows.length > 0) return;
  const say = () => logger.info("another process migrates this database: waiting for it to end");
  say();
  const saying = setInterval(say, STILL_WAITING_MS);
  await client.query(`SELECT pg_advisory_lock(${id})`).finally(() => clearInterval(saying));
}
