// Runs one connection's units in turn with those of all others.
import { CALLED, MUST_WAIT } from "./advisory-lock-functions";
import { query, sync, withoutNotices } from "./messages";
import { findRefusal, isUnfinished, refuse } from "./refusals";
import type { SharedSession } from "./shared-session";
import { closeStatements } from "./statement-names";

/** ReadyForQuery with the status "idle": neither in a transaction nor in the middle of an extended query. */
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export interface ExclusiveRunner {
  /** Resolves to the answer to `unit`; to nothing when the connection ended while it had to wait. */
  run(unit: Buffer): Promise<Buffer>;
  /** Rolls back and gives back what the connection has left. */
  leave(): Promise<void>;
}

export interface Connection {
  id: number;
  /** Resolves when the connection has ended. */
  ended: Promise<unknown>;
  /** How long others wait for a transaction in which nothing happens, in milliseconds; 0 is for ever. */
  idleTimeoutMs: number;
  /** Called when they have; `leave` is expected to follow. */
  onIdle: () => void;
}

/** Creates the runner of one connection, which keeps the turn from `BEGIN` to the end of the transaction. */
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
  const watchIdleness = () => {
    if (idleTimeoutMs === 0) return;
    idle = setTimeout(() => (turns.isWanted() ? onIdle() : watchIdleness()), idleTimeoutMs).unref();
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
    const answer = await session.run(unit);
    mayHaveLocked ||= answer.includes(CALLED);
    const refusal = findRefusal(unit, answer, isInTransaction);
    if (refusal !== undefined) return refuseAndGoOn(unit, refusal);
    if (!isIdle(answer)) {
      isInTransaction ||= isReady(answer);
      watchIdleness();
      return withoutNotices(answer, CALLED);
    }
    if (isFirst && isWorthWaiting(answer)) return waitAndRun(unit);
    await end(mayHaveLocked ? "possible" : "none");
    return withoutNotices(answer, CALLED);
  };

  /** After an error in the middle of an extended query, what follows up to the next Sync is ignored. */
  const refuseAndGoOn = async (unit: Buffer, why: string) => {
    const [error, ready] = await refuse(session, why);
    skipsToSync = isUnfinished(unit);
    if (isIdle(ready!)) await end(mayHaveLocked ? "possible" : "none");
    else watchIdleness();
    return skipsToSync ? error! : Buffer.concat([error!, ready!]);
  };

  /** The failed unit has left nothing but locks and named statements: it can run again. */
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

const isIdle = (answer: Buffer): boolean =>
  answer.subarray(-READY_AND_IDLE.length).equals(READY_AND_IDLE);

/** Whether `answer` ends with ReadyForQuery, whatever its status. */
const isReady = (answer: Buffer): boolean =>
  answer.subarray(-READY_AND_IDLE.length, -1).equals(READY_AND_IDLE.subarray(0, -1));

/** What a unit has committed before it failed must not happen again. */
function isWorthWaiting(answer: Buffer): boolean {
  return answer.includes(MUST_WAIT) && !answer.includes("COMMIT\0");
}
