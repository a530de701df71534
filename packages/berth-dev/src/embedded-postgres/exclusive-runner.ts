// Runs one connection's units of messages while no other connection uses the session.
import { CALLED, MUST_WAIT } from "./advisory-lock-functions";
import { isReadyAndIdle, query, sync, withoutNotices } from "./messages";
import type { SharedSession } from "./shared-session";
import { closeStatements } from "./statement-names";

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
  /** Called with each notification from another connection. */
  onNotification: (notification: Buffer) => void;
}

/** Creates the runner of one connection. It holds the session's mutex from `BEGIN` to the end of the transaction. */
export function createExclusiveRunner(
  session: SharedSession,
  { id, ended, idleTimeoutMs, onIdle, onNotification }: Connection,
): ExclusiveRunner {
  const { mutex, locks, extensions } = session;
  const listener = session.notifications.add(id, onNotification);
  /** Set while this connection has the session. */
  let unlock: (() => void) | undefined;
  let mayHaveLocked = false;
  let idle: NodeJS.Timeout | undefined;

  const acquire = async () => {
    unlock = await mutex.lock();
    mayHaveLocked = false;
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
    const isFirst = unlock === undefined;
    if (isFirst) await acquire();
    const mentionsExtension = await extensions.prepare(unit);
    let response = await session.run(unit);
    mayHaveLocked ||= response.includes(CALLED);
    if (isFirst && isReadyAndIdle(response) && isWorthWaiting(response)) return waitAndRun(unit);
    response = await listener.receive(unit, withoutNotices(response, CALLED));
    if (isReadyAndIdle(response)) await release(mayHaveLocked ? "possible" : "none");
    else watchIdle();
    return mentionsExtension ? extensions.explain(response) : response;
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
    listener.close();
    locks.drop(id);
  };
  return { run, close };
}

/** A unit that committed something before it failed must not run again. */
function isWorthWaiting(response: Buffer): boolean {
  return response.includes(MUST_WAIT) && !response.includes("COMMIT\0");
}
