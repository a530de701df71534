// Runs one connection's units of messages while no other connection uses the session.
import { CALLED, MUST_WAIT } from "./advisory-lock-functions";
import {
  commandComplete,
  flush,
  portalSuspended,
  query,
  splitMessages,
  sync,
  withoutNotices,
} from "./messages";
import type { SharedSession } from "./shared-session";
import { closeStatements } from "./statement-names";

/** ReadyForQuery with the status "idle": neither in a transaction nor in the middle of an extended query. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const LISTENED = commandComplete("LISTEN");

const CURE = "set DEV_DATABASE_URL to a PostgreSQL server";
const NO_LISTEN = `the embedded PostgreSQL has one session for all connections, so LISTEN is not supported: ${CURE}`;
const NO_CURSOR = `the embedded PostgreSQL does not support a cursor outside a transaction, as all other connections would wait for it: read all rows at once, or ${CURE}`;

export interface ExclusiveRunner {
  /** Resolves to the response to `unit`; to an empty one if the connection ended while it waited for a lock. */
  run(unit: Buffer): Promise<Buffer>;
  /** Rolls back the connection's transaction, and releases its locks. */
  close(): Promise<void>;
}

export interface Connection {
  id: number;
  /** Resolves when the connection has ended. */
  ended: Promise<unknown>;
  /** How long other connections wait for an idle transaction, in milliseconds. 0 disables the timeout. */
  idleTimeoutMs: number;
  /** Called after this timeout; expected to call `close`. */
  onIdle: () => void;
}

/** Creates the runner of one connection. It holds the session's mutex from `BEGIN` to the end of the transaction. */
export function createExclusiveRunner(
  session: SharedSession,
  { id, ended, idleTimeoutMs, onIdle }: Connection,
): ExclusiveRunner {
  const { mutex, locks } = session;
  /** Set while this connection has the session. */
  let unlock: (() => void) | undefined;
  let mayHaveLocked = false;
  let isInTransaction = false;
  let skipsToSync = false;
  let idle: NodeJS.Timeout | undefined;

  const acquire = async () => {
    unlock = await mutex.lock();
    mayHaveLocked = false;
    isInTransaction = false;
    await locks.acquire(id);
  };
  const release = async (change: "none" | "possible" | "undo") => {
    const unlockMutex = unlock;
    unlock = undefined;
    await locks.release(id, change).finally(unlockMutex);
  };
  const watchIdle = () => {
    if (idleTimeoutMs === 0) return;
    idle = setTimeout(() => (mutex.isContended() ? onIdle() : watchIdle()), idleTimeoutMs).unref();
  };

  const run = async (unit: Buffer): Promise<Buffer> => {
    clearTimeout(idle);
    if (skipsToSync) {
      if (!unit.subarray(-sync.length).equals(sync)) return Buffer.alloc(0);
      skipsToSync = false;
      return run(sync);
    }
    const isFirst = unlock === undefined;
    if (isFirst) await acquire();
    const response = await session.run(unit);
    mayHaveLocked ||= response.includes(CALLED);
    const refusal = refusalOf(unit, response, isInTransaction);
    if (refusal !== undefined) return undoAndRefuse(unit, refusal);
    if (!isIdle(response)) {
      isInTransaction ||= isReady(response);
      watchIdle();
      return withoutNotices(response, CALLED);
    }
    if (isFirst && isWorthWaiting(response)) return waitAndRun(unit);
    await release(mayHaveLocked ? "possible" : "none");
    return withoutNotices(response, CALLED);
  };

  /** Undoes the unit, and fails the transaction if there is one. After an error, an extended query is ignored up to its Sync. */
  const undoAndRefuse = async (unit: Buffer, reason: string) => {
    const raise = `DO $$ BEGIN RAISE '${reason}' USING ERRCODE = 'feature_not_supported'; END $$`;
    const response = await session.run(Buffer.concat([sync, query("UNLISTEN *"), query(raise)]));
    const [error, ready] = splitMessages(response).slice(-2);
    skipsToSync = isUnfinished(unit);
    if (isIdle(ready!)) await release(mayHaveLocked ? "possible" : "none");
    else watchIdle();
    return skipsToSync ? error! : Buffer.concat([error!, ready!]);
  };

  /**
   * Waits for another connection's advisory lock, and runs the unit again: when it failed, it had only acquired locks and prepared
   * statements.
   */
  const waitAndRun = async (unit: Buffer) => {
    await session.run(Buffer.concat([closeStatements(unit), sync]));
    const released = locks.nextRelease();
    await release("undo");
    const hasEnded = await Promise.race([ended.then(() => true), released.then(() => false)]);
    return hasEnded ? Buffer.alloc(0) : run(unit);
  };

  const close = async () => {
    clearTimeout(idle);
    if (unlock)
      await session.run(Buffer.concat([sync, query("ROLLBACK")])).finally(() => release("undo"));
    locks.drop(id);
  };
  return { run, close };
}

/** Returns the error for a unit that needs a session of its own; undefined if the client may get the response. */
function refusalOf(unit: Buffer, response: Buffer, isInTransaction: boolean): string | undefined {
  if (response.includes(LISTENED)) return NO_LISTEN;
  const isSuspended = response.subarray(-portalSuspended.length).equals(portalSuspended);
  return isSuspended && isUnfinished(unit) && !isInTransaction ? NO_CURSOR : undefined;
}

/** Whether the client is in the middle of an extended query after `unit`. */
const isUnfinished = (unit: Buffer): boolean => unit.subarray(-flush.length).equals(flush);

const isIdle = (response: Buffer): boolean =>
  response.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE);

/** Whether `response` ends with ReadyForQuery, whatever its status. */
const isReady = (response: Buffer): boolean =>
  response.subarray(-READY_AND_IDLE.length, -1).equals(READY_AND_IDLE.subarray(0, -1));

/** A unit that committed something before it failed must not run again. */
function isWorthWaiting(response: Buffer): boolean {
  return response.includes(MUST_WAIT) && !response.includes("COMMIT\0");
}
