// Keeps two processes from migrating one database at once.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { Logger } from "pino";

/** Whose lock, and how to get one more connection like it. */
export interface MigrationLockOptions {
  /** The connection that migrates. */
  client: Client;
  connect: () => Promise<Client>;
  lockId: number;
  /** How long to wait for another process, in milliseconds. */
  timeoutMs: number;
  logger: Pick<Logger, "info">;
}

/** The pause after the first failed try; each is twice as long as the one before, up to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** How often the log says that another process is still migrating. */
const SAY_EVERY_MS = 30_000;

/**
 * Takes the lock, which ends with the connections; returns the one that was opened for it, if any.
 *
 * It is tried again and again, as a statement that waits for it holds a snapshot: `CREATE INDEX CONCURRENTLY` of the process
 * that has the lock waits for the end of every snapshot, and PostgreSQL calls that a deadlock.
 * @throws Error with the cure when another process has it for too long.
 */
export async function lockMigrations(options: MigrationLockOptions): Promise<Client | undefined> {
  const { client, connect, lockId } = options;
  if (!(await isPooled(client))) {
    await waitFor(options, () => isTrue(client, `pg_try_advisory_lock(${lockId})`));
    return undefined;
  }
  // A pooler may give each transaction another session, so here the lock is that of a transaction, which stays open.
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

/** Not every version has each of these; between statements the transaction holds no snapshot, and so nobody up. */
const NO_TIMEOUTS = `SELECT set_config(name, '0', true) FROM pg_settings
  WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`;

/** Whether somebody stands between here and the session, whose process is then not the one that has welcomed the client. */
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
  let sayAtMs = 0;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    if (await attempt()) return;
    if (waitedMs >= timeoutMs) throw new Error(describe(await findOwner(client, lockId), waitedMs));
    if (waitedMs >= sayAtMs) {
      const owner = await findOwner(client, lockId);
      logger.info({ owner }, "another process migrates this database: waiting for it to end");
      sayAtMs += SAY_EVERY_MS;
    }
    await sleep(pauseMs);
    waitedMs += pauseMs;
  }
}

/** The session that has the lock, as the server's list of connections shows it. */
interface Owner {
  pid: number;
  application: string;
  address: string | null;
}

/** Undefined as well where the server has no such lists. */
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
  const who = owner
    ? ` (server process ${owner.pid}, "${owner.application}", from ${owner.address ?? "this machine"})`
    : "";
  const cure = owner
    ? `; if it is gone, end what it left: SELECT pg_terminate_backend(${owner.pid})`
    : "";
  return `Another process${who} has been migrating this database for ${Math.round(waitedMs / 1000)} s and more: migrate again once it has ended${cure}`;
}
