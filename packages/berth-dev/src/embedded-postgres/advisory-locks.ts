// Separates the advisory locks of connections, which would all belong to the shared session.
import type { PGlite } from "./pglite";
import { HELD_BY_OTHERS, installLockFunctions, RELEASE_ALL } from "./advisory-lock-functions";

interface Lock {
  /** The lock, as in pg_locks. */
  held: string;
  /** The SQL call that acquires it again. */
  again: string;
}

/** The session has advisory locks only while a connection uses it, and only those of this connection. */
export interface AdvisoryLocks {
  /**
   * Acquires the locks of the connection `id` in the session, and sets the list of those that others hold. Only for the holder of
   * the mutex.
   */
  acquire(id: number): Promise<void>;
  /**
   * Releases all locks in the session. Only for the holder of the mutex.
   * @param change Whether the connection's locks may have changed since `acquire`, or a change is to be undone.
   */
  release(id: number, change: "none" | "possible" | "undo"): Promise<void>;
  /** Releases the locks of a connection that has ended. */
  drop(id: number): void;
  /** Resolves when the next lock is released. */
  nextRelease(): Promise<void>;
}

/** Manages the locks of all connections to `database`. */
export async function createAdvisoryLocks(database: PGlite): Promise<AdvisoryLocks> {
  await installLockFunctions(database);
  const locksOf = new Map<number, Lock[]>();
  let hasOthers = false;
  const waiting: (() => void)[] = [];
  const wake = () => waiting.splice(0).forEach((resolve) => resolve());

  const setOthers = async (id: number) => {
    const others = [...locksOf].flatMap(([owner, locks]) => (owner === id ? [] : locks));
    if (others.length === 0 && !hasOthers) return;
    hasOthers = others.length > 0;
    const text = others.map(({ held }) => ` ${held} `).join("");
    await database.query("SELECT set_config($1, $2, false)", [HELD_BY_OTHERS, text]);
  };
  const acquire = async (id: number) => {
    await setOthers(id);
    const own = locksOf.get(id);
    if (own) await database.query(`SELECT ${own.map(({ again }) => again).join()}`);
  };
  const release: AdvisoryLocks["release"] = async (id, change) => {
    const before = locksOf.get(id);
    if (change === "none" && !before) return;
    const { rows } = await database.query<Lock>(`SELECT * FROM ${RELEASE_ALL}`);
    if (change === "undo") return;
    if (rows.length > 0) locksOf.set(id, rows);
    else locksOf.delete(id);
    if (before) wake();
  };
  const drop = (id: number) => {
    if (locksOf.delete(id)) wake();
  };
  return {
    acquire,
    release,
    drop,
    nextRelease: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
