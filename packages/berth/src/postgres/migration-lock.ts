// The advisory lock that keeps two processes from migrating one database at the same time.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { Logger } from "pino";

/** The options of the migration lock. */
export interface MigrationLockOptions {
  /** The connection that runs the migrations. */
  client: Client;
  connect: () => Promise<Client>;
  lockId: number;
  /** How long to wait for another process, in milliseconds. */
  timeoutMs: number;
  logger: Pick<Logger, "info">;
}

/** The delay after the first failed try, in milliseconds; it doubles with each try, up to the limit. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2000;

/** How often the log says that another process is still migrating, in milliseconds. */
const LOG_INTERVAL_MS = 30_000;

/**
 * Takes the lock, by polling. A statement that waits for it would hold a snapshot, and a `CREATE INDEX CONCURRENTLY` of the
 * lock's owner waits for the end of every snapshot: PostgreSQL reports a deadlock.
 * @returns The connection that was opened for the lock, if any; the lock is released when its connection ends.
 * @throws Error with the cure when another process holds it for too long.
 */
export async function lockMigrations(options: MigrationLockOptions): Promise<Client | undefined> {
  const { client, connect, lockId } = options;
  if (!(await isPooled(client))) {
    await waitFor(options, () => isTrue(client, `pg_try_advisory_lock(${lockId})`));
    return undefined;
  }
  // A pooler may run each transaction in another session, so the lock belongs to a transaction, which stays open.
  const holder = await connect();
  try {
    await waitFor(options, async () => {
      await holder.query(`BEGIN; ${NO_TIMEOUTS}`);
      if (await isTrue(holder, `pg_try_advisory_xact_lock(${lockId})`)) return true;
      await holder.query("ROLLBACK");
      return false;
    });
    return holder;
  } catch (err) {
    await holder.end();
    throw err;
  }
}

/** Lets the transaction stay open. Idle, it holds no snapshot, so it blocks nothing. Not every version has both settings. */
const NO_TIMEOUTS = `SELECT set_config(name, '0', true) FROM pg_settings
  WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`;

/** Whether there is a pooler in between: the server process of this statement is not the one of the startup message. */
async function isPooled(client: Client): Promise<boolean> {
  const { processID } = client as unknown as { processID: number };
  return isTrue(client, `pg_backend_pid() <> ${processID}`);
}

async function isTrue(client: Client, condition: string): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 WHERE ${condition}`);
  return rows.length > 0;
}

async function waitFor(options: MigrationLockOptions, attempt: () => Promise<boolean>) {
  const { client, lockId, timeoutMs, logger } = options;
  let waitedMs = 0;
  let logAtMs = 0;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    if (await attempt()) return;
    if (waitedMs >= timeoutMs) throw new Error(describe(await findOwner(client, lockId), waitedMs));
    if (waitedMs >= logAtMs) {
      const owner = await findOwner(client, lockId);
      logger.info(
        { owner },
        "another process is migrating this database: waiting for it to finish",
      );
      logAtMs += LOG_INTERVAL_MS;
    }
    await sleep(pauseMs);
    waitedMs += pauseMs;
  }
}

/** The session that holds the lock, as in `pg_stat_activity`. */
interface Owner {
  pid: number;
  application: string;
  address: string | null;
}

/** Undefined as well if the server has no such views. */
async function findOwner(client: Client, lockId: number): Promise<Owner | undefined> {
  const found = client.query<Owner>(
    `SELECT pid, application_name AS application, host(client_addr) AS address
     FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND datname = current_database()
       AND classid::bigint << 32 | objid::bigint = ${lockId}`,
  );
  return found.then(
    ({ rows }) => rows[0],
    () => undefined,
  );
}

function describe(owner: Owner | undefined, waitedMs: number): string {
  const holder = owner
    ? ` (server process ${owner.pid}, "${owner.application}", from ${owner.address ?? "this machine"})`
    : "";
  const cure = owner
    ? `; if that process is gone, end its session: SELECT pg_terminate_backend(${owner.pid})`
    : "";
  return `Another process${holder} has been migrating this database for ${Math.round(waitedMs / 1000)} s: migrate again once it has finished${cure}`;
}
