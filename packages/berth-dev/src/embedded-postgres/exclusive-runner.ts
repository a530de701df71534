// Runs one connection's units while no other connection uses the session.
import { CALLED, MUST_WAIT } from "./advisory-lock-functions";
import { query, sync, withoutNotices } from "./messages";
import { findRefusal, isUnfinished, refuse } from "./refusals";
import type { SharedSession } from "./shared-session";
import { closeStatements } from "./statement-names";

/** ReadyForQuery with the status "idle": neither in a transaction nor in the middle of an extended query. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export interface ExclusiveRunner {
  /** Resolves to the response to `unit`; to an empty one if the connection ended while it had to wait. */
  run(unit: Buffer): Promise<Buffer>;
  /** Rolls back the connection's transaction, and releases its locks. */
  leave(): Promise<void>;
}

export interface Connection {
  id: number;
  /** Resolves when the connection has ended. */
  ended: Promise<unknown>;
  /** How long other connections wait for an idle transaction, in milliseconds. 0 disables the timeout. */
  idleTimeoutMs: number;
  /** Called after this timeout; `leave` is expected to follow. */
  onIdle: () => void;
}

/** Creates the runner of one connection. It keeps its turn from `BEGIN` to the end of the transaction. */
export function createExclusiveRunner(
  session: SharedSession,
  connection: Connection,
): ExclusiveRunner {
  const { id, ended, idleTimeoutMs, onIdle } = connection;
  const { turns, locks } = session;
  let endTurn: (() => void) | undefined;
  let mayHaveLocked = false;
  let isInTransaction = false;
  let skipsToSync = false;
  let idle: NodeJS.Timeout | undefined;

  const begin = async () => {
    endTurn = await turns.take();
    mayHaveLocked = false;
    isInTransaction = false;
    await locks.enter(id);
  };
  const end = async (change: "none" | "possible" | "undo") => {
    const giveTurn = endTurn;
    endTurn = undefined;
    await locks.exit(id, change).finally(giveTurn);
  };
  const watchIdle = () => {
    if (idleTimeoutMs === 0) return;
    idle = setTimeout(() => (turns.isWanted() ? onIdle() : watchIdle()), idleTimeoutMs).unref();
  };

  const run = async (unit: Buffer): Promise<Buffer> => {
    clearTimeout(idle);
    if (skipsToSync) {
      if (!unit.subarray(-sync.length).equals(sync)) return Buffer.alloc(0);
      skipsToSync = false;
      return run(sync);
    }
    const isFirst = endTurn === undefined;
    if (isFirst) await begin();
    const response = await session.run(unit);
    mayHaveLocked ||= response.includes(CALLED);
    const refusal = findRefusal(unit, response, isInTransaction);
    if (refusal !== undefined) return refuseUnit(unit, refusal);
    if (!isIdle(response)) {
      isInTransaction ||= isReady(response);
      watchIdle();
      return withoutNotices(response, CALLED);
    }
    if (isFirst && isWorthWaiting(response)) return waitAndRun(unit);
    await end(mayHaveLocked ? "possible" : "none");
    return withoutNotices(response, CALLED);
  };

  /** After an error in the middle of an extended query, everything up to the next Sync is ignored. */
  const refuseUnit = async (unit: Buffer, why: string) => {
    const [error, ready] = await refuse(session, why);
    skipsToSync = isUnfinished(unit);
    if (isIdle(ready!)) await end(mayHaveLocked ? "possible" : "none");
    else watchIdle();
    return skipsToSync ? error! : Buffer.concat([error!, ready!]);
  };

  /** The failed unit has left only locks and prepared statements, so it can run again. */
  const waitAndRun = async (unit: Buffer) => {
    await session.run(Buffer.concat([closeStatements(unit), sync]));
    const released = locks.nextRelease();
    await end("undo");
    const isOver = await Promise.race([ended.then(() => true), released.then(() => false)]);
    return isOver ? Buffer.alloc(0) : run(unit);
  };

  const leave = async () => {
    clearTimeout(idle);
    if (endTurn)
      await session.run(Buffer.concat([sync, query("ROLLBACK")])).finally(() => end("undo"));
    locks.forget(id);
  };
  return { run, leave };
}

const isIdle = (response: Buffer): boolean =>
  response.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE);

/** Whether `response` ends with ReadyForQuery, whatever its status. */
const isReady = (response: Buffer): boolean =>
  response.subarray(-READY_AND_IDLE.length, -1).equals(READY_AND_IDLE.subarray(0, -1));

/** A unit that committed something before it failed must not run again. */
function isWorthWaiting(response: Buffer): boolean {
  return response.includes(MUST_WAIT) && !response.includes("COMMIT\0");
}
