// Brings a database's schema up to date, and takes its last step back.
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type * as Library from "node-pg-migrate";
import type { Client } from "pg";
import type { Logger } from "pino";
import { describeInvalid, invalidIndexes } from "./invalid-indexes";
import { lockMigrations } from "./migration-lock";
import { followMigrations } from "./migration-progress";
import { connect, type ConnectOptions } from "./connect";
import { acceptPoolers } from "./pooler";
import { cureOf, reasonOf } from "./errors";
import { sayHowSafe } from "./tls-warnings";
import { checkTlsFiles } from "./tls";
import { parsePostgresUrl } from "./url";

/** What to migrate, and with which files. */
export interface MigrateOptions {
  /** `postgres://user:password@host:port/database`, with any of libpq's parameters that are supported. */
  url: string;
  /** Glob of the migration files, relative to the working directory; their names order them. */
  files: string;
  logger: Logger;
  /** How long to wait for a database that is still starting, in milliseconds. */
  startTimeoutMs: number;
  /** How long to wait for another process that migrates, in milliseconds; 600,000 by default. */
  lockTimeoutMs?: number;
}

/** How long one try to connect may take: a server that accepts and says nothing is asked again. */
const TRY_MS = 5000;

/** The pause after the first failed try; each is twice as long as the one before, up to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** How long another process may migrate by default: one that hangs must not hang all that come after it. */
const LOCK_TIMEOUT_MS = 600_000;

/**
 * How long a statement waits for a lock on a table. While it waits, everybody who needs the table waits behind it:
 * a release that fails is better. A migration may set its own by `SET LOCAL lock_timeout`.
 */
const LIMIT_LOCK_WAITS =
  "SELECT set_config('lock_timeout', '10s', true) WHERE current_setting('lock_timeout') = '0'";

/**
 * Applies the migrations that the database lacks. When several processes migrate at once, one works and the rest wait, for a while.
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
  const { files, logger, lockTimeoutMs: timeoutMs = LOCK_TIMEOUT_MS } = options;
  const open = acceptPoolers(connect, logger);
  const client = await connectInTime(options, open);
  let lockHolder: Client | undefined;
  try {
    // An ES module, and only this process needs it.
    const library = await import("node-pg-migrate");
    const lockId = library.PG_MIGRATE_LOCK_ID;
    const connectAgain = () => connectInTime(options, open);
    lockHolder = await lockMigrations({ client, connect: connectAgain, lockId, timeoutMs, logger });
    return await move(client, library, { files, logger, direction });
  } finally {
    await client.end();
    await lockHolder?.end();
  }
}

async function move(
  client: Client,
  { jiti, runner }: typeof Library,
  {
    files,
    logger,
    direction,
  }: Pick<Library.RunnerOption, "direction"> & Pick<MigrateOptions, "files" | "logger">,
): Promise<string[]> {
  const progress = followMigrations(logger);
  try {
    const moved = await runner({
      dbClient: limitLockWaits(client),
      dir: files,
      useGlob: true,
      direction,
      migrationsTable: "migrations",
      migrationLoaderStrategies: [
        { extensions: [extname(files)], loader: progress.loader((path) => jiti.import(path)) },
      ],
      noLock: true,
      checkOrder: false,
      log: (message) => logger.debug(message),
    });
    const invalid = await invalidIndexes(client);
    if (invalid.length > 0) logger.warn({ indexes: invalid }, describeInvalid(invalid));
    return moved.map(({ name }) => name);
  } catch (err) {
    await client.query("ROLLBACK").catch(() => undefined);
    const invalid = await invalidIndexes(client);
    throw progress.explain(err, invalid.length > 0 ? `. ${describeInvalid(invalid)}` : "");
  } finally {
    progress.end();
  }
}

/**
 * A transaction waits for each lock for a limited time. What runs outside of one, such as `CREATE INDEX CONCURRENTLY`, waits
 * for others while nobody waits for it, and would leave half an index behind.
 */
function limitLockWaits(client: Client): Client {
  const query = (text: unknown, values?: unknown[]) =>
    client.query(text === "BEGIN;" ? `BEGIN; ${LIMIT_LOCK_WAITS}` : (text as string), values);
  return Object.assign(Object.create(client) as Client, { query });
}

/** @throws Error with the cure, at once when waiting mends nothing, else when the time is over. */
async function connectInTime(
  { url, logger, startTimeoutMs }: MigrateOptions,
  open: typeof connect,
): Promise<Client> {
  const settings = parsePostgresUrl(url);
  checkTlsFiles(settings);
  const deadline = performance.now() + startTimeoutMs;
  const onConnect = sayHowSafe(settings, logger);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const timeoutMs = Math.min(TRY_MS, deadline - performance.now());
    const options: ConnectOptions = { settings, timeoutMs, applicationName: "migrate", onConnect };
    try {
      return await open(options);
    } catch (err) {
      const reason = reasonOf(err);
      const cure = cureOf(err);
      if (cure)
        throw new Error(`The database cannot be used: ${reason}. Cure: ${cure}.`, { cause: err });
      if (performance.now() + pauseMs >= deadline) {
        const message = `The database was not reached within ${startTimeoutMs} ms: ${reason}`;
        throw new Error(message, { cause: err });
      }
      logger.info({ reason }, "waiting for the database");
      await sleep(pauseMs);
    }
  }
}
