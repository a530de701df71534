// Applies a database's migrations with node-pg-migrate, or rolls back the last one.
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type * as Library from "node-pg-migrate";
import type { Client } from "pg";
import type { Logger } from "pino";
import { lockMigrations } from "./migration-lock";
import { trackMigrations } from "./migration-progress";
import { connect, type ConnectOptions } from "./connect";
import { acceptPoolers } from "./pooler";
import { cureOf, reasonOf } from "./errors";
import { nameStatement } from "./statement-error";
import { createTlsWarnings } from "./tls-warnings";
import { checkTlsFiles } from "./tls";
import { parsePostgresUrl } from "./url";

/** The options of migrations. */
export interface MigrateOptions {
  /** `postgres://user:password@host:port/database`, with any of the supported libpq parameters. */
  url: string;
  /** A glob of the migration files, relative to the working directory; they run in the order of their names. */
  files: string;
  logger: Logger;
  /** How long to wait for a database that is still starting, in milliseconds. */
  startTimeoutMs: number;
  /** How long to wait for another process that is migrating, in milliseconds; 600,000 by default. */
  lockTimeoutMs?: number;
}

/** The timeout of one try to connect, in milliseconds: a server that accepts but does not respond is tried again. */
const CONNECT_TIMEOUT_MS = 5000;

/** The delay after the first failed try, in milliseconds; it doubles with each try, up to the limit. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2000;

/** The default wait for another process that is migrating, in milliseconds: one that hangs must not block all releases. */
const LOCK_TIMEOUT_MS = 600_000;

/**
 * Limits how long a statement waits for a table lock. While it waits, all later statements on the table queue behind it: a
 * failed release is better. A migration may set its own limit with `SET LOCAL lock_timeout`.
 */
const SET_LOCK_TIMEOUT =
  "SELECT set_config('lock_timeout', '10s', true) WHERE current_setting('lock_timeout') = '0'";

/**
 * Applies pending migrations. If several processes migrate at the same time, one does and the others wait, up to
 * `lockTimeoutMs`. An applied migration without a file is no error: it belongs to another release.
 * @returns The names of the applied migrations.
 * @throws Error when the database cannot be reached in time, or a migration fails and was rolled back.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const applied = await run(options, "up");
  options.logger.info({ applied }, "the database is up to date");
  return applied;
}

/**
 * Rolls back the migration that was applied last.
 * @returns Its name, or undefined if there is none.
 * @throws Error as `migrate` does, and when the migration is irreversible.
 */
export async function rollBack(options: MigrateOptions): Promise<string | undefined> {
  const [undone] = await run(options, "down");
  options.logger.info({ undone }, "the last migration was rolled back");
  return undone;
}

async function run(options: MigrateOptions, direction: "up" | "down"): Promise<string[]> {
  const { files, logger, lockTimeoutMs: timeoutMs = LOCK_TIMEOUT_MS } = options;
  const open = acceptPoolers(connect, logger);
  const client = await connectInTime(options, open);
  let lockHolder: Client | undefined;
  try {
    // An ES module, which only the release process needs.
    const library = await import("node-pg-migrate");
    const lockId = library.PG_MIGRATE_LOCK_ID;
    const connectAgain = () => connectInTime(options, open);
    lockHolder = await lockMigrations({ client, connect: connectAgain, lockId, timeoutMs, logger });
    return await runMigrations(client, library, { files, logger, direction });
  } finally {
    await client.end();
    await lockHolder?.end();
  }
}

async function runMigrations(
  client: Client,
  { jiti, runner }: typeof Library,
  options: Pick<Library.RunnerOption, "direction"> & Pick<MigrateOptions, "files" | "logger">,
): Promise<string[]> {
  const { files, logger, direction } = options;
  const progress = trackMigrations(logger);
  try {
    const migrations = await runner({
      dbClient: withLockTimeout(client),
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
    return migrations.map(({ name }) => name);
  } catch (err) {
    await client.query("ROLLBACK").catch(() => undefined);
    const invalid = await invalidIndexes(client);
    throw progress.toError(err, invalid.length > 0 ? `. ${describeInvalid(invalid)}` : "");
  } finally {
    progress.end();
  }
}

/**
 * Returns a client that sets the lock timeout at the begin of each transaction, and not for statements outside of one:
 * `CREATE INDEX CONCURRENTLY` blocks nothing while it waits, and a timeout would leave an invalid index behind.
 */
function withLockTimeout(client: Client): Client {
  const query = (text: unknown, values?: unknown[]) =>
    client
      .query(text === "BEGIN;" ? `BEGIN; ${SET_LOCK_TIMEOUT}` : (text as string), values)
      .catch((err: unknown) => {
        if (typeof text === "string") nameStatement(err, text);
        throw err;
      });
  return Object.assign(Object.create(client) as Client, { query });
}

/** @throws Error with the cure: at once if waiting cannot help, otherwise after `startTimeoutMs`. */
async function connectInTime(
  { url, logger, startTimeoutMs }: MigrateOptions,
  open: typeof connect,
): Promise<Client> {
  const settings = parsePostgresUrl(url);
  checkTlsFiles(settings);
  const deadline = performance.now() + startTimeoutMs;
  const onConnect = createTlsWarnings(settings, logger);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, deadline - performance.now());
    const options: ConnectOptions = { settings, timeoutMs, applicationName: "migrate", onConnect };
    try {
      return await open(options);
    } catch (err) {
      const reason = reasonOf(err);
      const cure = cureOf(err);
      if (cure)
        throw new Error(`The database cannot be used: ${reason}. Cure: ${cure}.`, { cause: err });
      if (performance.now() + pauseMs >= deadline) {
        const message = `The database could not be reached within ${startTimeoutMs} ms: ${reason}`;
        throw new Error(message, { cause: err });
      }
      logger.info({ reason }, "waiting for the database");
      await sleep(pauseMs);
    }
  }
}

/**
 * The indexes that a failed CREATE INDEX CONCURRENTLY has left behind, with their schemas where needed: no query uses them, but
 * each write updates them. Not those that are being built, nor those of partitioned tables. None if the server has no such
 * views, as some that are only compatible with PostgreSQL.
 */
function invalidIndexes(client: Client): Promise<string[]> {
  const found = client.query<{ value: string }>(
    `SELECT i.indexrelid::regclass::text AS value
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE NOT i.indisvalid AND c.relkind = 'i'
       AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)
     ORDER BY value`,
  );
  return found.then(
    ({ rows }) => rows.map(({ value }) => value),
    () => [],
  );
}

const describeInvalid = (indexes: readonly string[]): string =>
  `The database has invalid indexes, left by a failed CREATE INDEX CONCURRENTLY; another one of the same name fails or does ` +
  `nothing. Drop them before you migrate again: ${indexes.map((name) => `DROP INDEX CONCURRENTLY ${name}`).join("; ")}`;
