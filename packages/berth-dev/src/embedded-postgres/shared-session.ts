// The single PostgreSQL session of PGlite, which all connections share by taking turns.
import type { PGlite } from "./pglite";
import { type AdvisoryLocks, createAdvisoryLocks } from "./advisory-locks";
import { query, startup } from "./messages";

/** PGlite has one session: `SET`, temporary tables and cursors `WITH HOLD` of one connection are visible to the others. */
export interface SharedSession {
  turns: Turns;
  locks: AdvisoryLocks;
  /** Runs complete protocol messages and resolves to the response. Only to be called by the connection that has the turn. */
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
  const turns = createTurns();
  const locks = await createAdvisoryLocks(database);
  const run = async (messages: Buffer) => {
    const response: Buffer[] = [];
    // Copy the data: it is a view of memory that PGlite reuses.
    await database.execProtocolRawStream(messages, {
      onRawData: (data) => response.push(Buffer.from(data)),
    });
    return Buffer.concat(response);
  };
  const reset = async () => {
    const endTurn = await turns.take();
    await run(query("DISCARD ALL")).finally(endTurn);
  };
  return { turns, locks, run, reset, greeting: await run(startup("postgres", "postgres")) };
}

/** Connections use the session one after the other. */
interface Turns {
  /** Resolves when all earlier turns are over. The caller ends its own turn by calling the result. */
  take(): Promise<() => void>;
  /** Whether another connection waits for the current turn to end. */
  isWanted(): boolean;
}

/** Creates a first-in, first-out queue of turns. */
function createTurns(): Turns {
  let last = Promise.resolve();
  let waiting = 0;
  const take = async () => {
    const previous = last;
    let endTurn = () => {};
    last = new Promise((resolve) => (endTurn = resolve));
    waiting += 1;
    await previous;
    waiting -= 1;
    return endTurn;
  };
  return { take, isWanted: () => waiting > 0 };
}
