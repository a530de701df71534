// Separates the advisory locks of connections, which would all belong to the shared session.
import type { PGlite } from "./pglite";
import { HELD_BY_OTHERS, installLockFunctions, PUT_AWAY } from "./advisory-lock-functions";

interface Lock {
  held: string;
  again: string;
}

/** Between turns the session holds no advisory lock. Only the connection that has the turn may call `enter` and `exit`. */
export interface AdvisoryLocks {
  /** Acquires the locks of the connection `id` in the session, and sets those of the others. */
  enter(id: number): Promise<void>;
  /** Releases the locks in the session. `change` says whether they may have changed in the turn, or a change is to be undone. */
  exit(id: number, change: "none" | "possible" | "undo"): Promise<void>;
  /** Releases the locks of a connection that has ended. */
  forget(id: number): void;
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
  const enter = async (id: number) => {
    await setOthers(id);
    const own = locksOf.get(id);
    if (own) await database.query(`SELECT ${own.map(({ again }) => again).join()}`);
  };
  const exit: AdvisoryLocks["exit"] = async (id, change) => {
    const before = locksOf.get(id);
    if (change === "none" && !before) return;
    const { rows } = await database.query<Lock>(`SELECT * FROM ${PUT_AWAY}`);
    if (change === "undo") return;
    if (rows.length > 0) locksOf.set(id, rows);
    else locksOf.delete(id);
    if (before) wake();
  };
  const forget = (id: number) => {
    if (locksOf.delete(id)) wake();
  };
  return {
    enter,
    exit,
    forget,
    nextRelease: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
