// The single PostgreSQL session of PGlite, which all connections share, one at a time.
import type { PGlite } from "./pglite";
import { type AdvisoryLocks, createAdvisoryLocks } from "./advisory-locks";
import { createExtensions, type Extensions } from "./extensions";
import { query, startup } from "./messages";
import { createNotifications, type Notifications } from "./notifications";

/** PGlite has one session, so `SET`, temporary tables and cursors `WITH HOLD` of one connection are visible to the others. */
export interface SharedSession {
  mutex: Mutex;
  locks: AdvisoryLocks;
  extensions: Extensions;
  notifications: Notifications;
  /** Runs complete protocol messages and resolves to the response. Only for the holder of the mutex. */
  run(messages: Buffer): Promise<Buffer>;
  /** The response to every client's startup message. */
  greeting: Buffer;
  /** Discards everything that connections have left in the session. */
  reset(): Promise<void>;
}

/**
 * Wraps `database`, which nothing else may use from then on.
 *
 * All clients get the same response to their startup message, so its parameters have no effect: any user and password is accepted,
 * and `options` such as `-c search_path=` are ignored, as they would change the session for all clients.
 */
export async function createSharedSession(database: PGlite): Promise<SharedSession> {
  const mutex = createMutex();
  const locks = await createAdvisoryLocks(database);
  const extensions = await createExtensions(database);
  const run = async (messages: Buffer) => {
    const response: Buffer[] = [];
    // Copy the data: it is a view of memory that PGlite reuses.
    await database.execProtocolRawStream(messages, {
      onRawData: (data) => response.push(Buffer.from(data)),
    });
    return Buffer.concat(response);
  };
  const reset = async () => {
    const unlock = await mutex.lock();
    await run(query("DISCARD ALL")).finally(unlock);
  };
  const greeting = await run(startup("postgres", "postgres"));
  const notifications = createNotifications(run);
  return { mutex, locks, extensions, notifications, run, reset, greeting };
}

/** A first-in, first-out mutex. */
interface Mutex {
  /** Resolves once the mutex is free, to the function that unlocks it. */
  lock(): Promise<() => void>;
  /** Whether another connection waits for it. */
  isContended(): boolean;
}

function createMutex(): Mutex {
  let last = Promise.resolve();
  let waiting = 0;
  const lock = async () => {
    const previous = last;
    let unlock = () => {};
    last = new Promise((resolve) => (unlock = resolve));
    waiting += 1;
    await previous;
    waiting -= 1;
    return unlock;
  };
  return { lock, isContended: () => waiting > 0 };
}
