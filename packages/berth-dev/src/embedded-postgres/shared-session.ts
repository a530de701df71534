// The single PostgreSQL session of PGlite, which all connections share in turns.
import type { PGlite } from "./pglite";
import { type AdvisoryLocks, createAdvisoryLocks } from "./advisory-locks";
import { query, startup } from "./messages";
import { createTurns, type Turns } from "./turns";

/** PGlite is one session: `SET`, temporary tables and cursors `WITH HOLD` of one connection are seen by the others. */
export interface SharedSession {
  turns: Turns;
  locks: AdvisoryLocks;
  /** Runs whole protocol messages and resolves to the answer; only whoever has the turn may call it. */
  run(messages: Buffer): Promise<Buffer>;
  /** What a client gets to hear when it is let in. */
  greeting: Buffer;
  /** Forgets everything that connections have left in the session. */
  reset(): Promise<void>;
}

/**
 * Wraps `database`, which nothing else may use from then on.
 *
 * The startup message is answered once for all, so what a client asks for in it has no effect: any user and password gets in,
 * and `options` such as `-c search_path=` are ignored, as they would change the session for everyone.
 */
export async function createSharedSession(database: PGlite): Promise<SharedSession> {
  const turns = createTurns();
  const locks = await createAdvisoryLocks(database);
  const run = async (messages: Buffer) => {
    const answer: Buffer[] = [];
    // The data is a view of memory that PGlite uses again: copy it.
    await database.execProtocolRawStream(messages, {
      onRawData: (data) => answer.push(Buffer.from(data)),
    });
    return Buffer.concat(answer);
  };
  const reset = async () => {
    const endTurn = await turns.take();
    await run(query("DISCARD ALL")).finally(endTurn);
  };
  return { turns, locks, run, reset, greeting: await run(startup("postgres", "postgres")) };
}
