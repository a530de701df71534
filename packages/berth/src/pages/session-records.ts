// Stores sessions in a table of PostgreSQL, or in keys of Redis.
import { currentLogger } from "../process/work-context";

/** The part of a database that sessions use. */
export interface SessionDatabase {
  query: (text: string, values?: readonly unknown[]) => Promise<object[]>;
}

/** The part of Redis that sessions use. */
export interface SessionRedis {
  send: (command: string, ...args: (string | number)[]) => Promise<unknown>;
}

/** A stored session, and its remaining time, in milliseconds. */
export interface SessionRecord {
  data: object;
  leftMs: number;
}

/** Stored sessions by id. All functions reject with a 503 while the store is not available. */
export interface SessionRecords {
  read(id: string): Promise<SessionRecord | undefined>;
  create(id: string, json: string, ttlMs: number): Promise<unknown>;
  /** Changes nothing if the session has ended in the meantime: a slow request must not revive it after a sign-out. */
  replace(id: string, json: string, ttlMs: number): Promise<unknown>;
  extend(id: string, ttlMs: number): Promise<unknown>;
  remove(id: string): Promise<unknown>;
}

/** The interval at which a process deletes expired sessions, in milliseconds, and how many it deletes at once. */
const SWEEP_INTERVAL_MS = 60_000;
const SWEEP_ROWS = 10_000;

/** Sessions in the table `sessions`; requests also trigger the deletion of expired ones. @param now A clock in milliseconds. */
export function recordsInDatabase(
  { query }: SessionDatabase,
  now: () => number = () => performance.now(),
): SessionRecords {
  let nextSweep = 0;

  const write = async (text: string, values: readonly unknown[]): Promise<void> => {
    await query(text, values);
    if (now() < nextSweep) return;
    nextSweep = now() + SWEEP_INTERVAL_MS;
    // Not awaited, so that no request waits for it. After a failure, the next sweep deletes them.
    query(SWEEP, [SWEEP_ROWS]).catch((err: unknown) =>
      currentLogger()?.warn({ err }, "expired sessions were not deleted"),
    );
  };

  return {
    async read(id) {
      const [found] = (await query(READ, [id])) as SessionRecord[];
      return found;
    },
    create: (id, json, ttlMs) => write(CREATE, [id, json, ttlMs]),
    replace: (id, json, ttlMs) => write(REPLACE, [id, json, ttlMs]),
    extend: (id, ttlMs) => write(EXTEND, [id, ttlMs]),
    remove: (id) => query("DELETE FROM sessions WHERE id = $1", [id]),
  };
}

const READ = `SELECT data, (extract(epoch FROM expires_at - now()) * 1000)::float8 AS "leftMs"
  FROM sessions WHERE id = $1 AND expires_at > now()`;
const CREATE = `INSERT INTO sessions (id, data, expires_at)
  VALUES ($1, $2, now() + $3 * interval '1 millisecond')`;
const REPLACE = `UPDATE sessions SET data = $2, expires_at = now() + $3 * interval '1 millisecond'
  WHERE id = $1`;
const EXTEND = `UPDATE sessions SET expires_at = now() + $2 * interval '1 millisecond' WHERE id = $1`;
const SWEEP = `DELETE FROM sessions WHERE id IN (
  SELECT id FROM sessions WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)`;

/** Sessions in Redis, which removes expired ones. @param prefix The prefix of their keys. */
export function recordsInRedis({ send }: SessionRedis, prefix: string): SessionRecords {
  return {
    async read(id) {
      // Both at once: one round trip.
      const [json, leftMs] = await Promise.all([
        send("GET", prefix + id),
        send("PTTL", prefix + id),
      ]);
      if (typeof json !== "string") return undefined;
      return { data: JSON.parse(json) as object, leftMs: Number(leftMs) };
    },
    create: (id, json, ttlMs) => send("SET", prefix + id, json, "PX", ttlMs),
    replace: (id, json, ttlMs) => send("SET", prefix + id, json, "PX", ttlMs, "XX"),
    extend: (id, ttlMs) => send("PEXPIRE", prefix + id, ttlMs),
    remove: (id) => send("DEL", prefix + id),
  };
}
