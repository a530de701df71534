// Idempotency keys: stores the response for each key in the same transaction as the work, which so runs once.
import type { HttpError, ResponseHeaders } from "../request/http-error";
import { currentLogger } from "../process/work-context";
import type { Database } from "./database";
import type { Transaction } from "./transactions";

/** A request that its client may retry. */
export interface KeyedRequest {
  /** The Idempotency-Key. */
  key: string;
  /** A hash of the request: a retry has the same one. */
  fingerprint: string;
}

/** The stored response; all of it must be serializable as JSON. */
export interface StoredResponse {
  status: number;
  headers?: ResponseHeaders;
  body?: unknown;
}

/**
 * Runs work in a transaction, once per key. If it rejects, or the process dies, the key is free again.
 * @param request If undefined, the work runs each time, and outside of a transaction: use `db.transaction()` for statements
 *   that belong together, with or without a key.
 * @returns The response of the work, or the stored one of the first time.
 * @throws KeyRefused 409 while the key's request is in progress, 422 if the key was used for a different request.
 */
export type RunOnce = (
  request: KeyedRequest | undefined,
  work: (db: Transaction) => Promise<StoredResponse>,
) => Promise<{ response: StoredResponse; isRepeated: boolean }>;

/** The key is in use, or was used for a different request. */
export class KeyRefused extends Error implements HttpError {
  override readonly name = "KeyRefused";
  readonly expose = true;

  constructor(
    readonly status: number,
    message: string,
    readonly headers?: ResponseHeaders,
  ) {
    super(message);
  }
}

/** How long a response is stored: afterwards, the key counts as new. */
const RETENTION = "24 hours";

/** How often a process deletes expired keys, in milliseconds, and how many at once, so that no request waits for it. */
const SWEEP_INTERVAL_MS = 60_000;
const SWEEP_ROWS = 10_000;

/** Creates the function that runs work once per key. It needs a table, by a migration: see docs/idempotency.md. */
export function createIdempotencyKeys(database: Database): RunOnce {
  let nextSweep = 0;

  /** Deletes expired keys, at most once per interval. */
  function sweep(): void {
    if (performance.now() < nextSweep) return;
    nextSweep = performance.now() + SWEEP_INTERVAL_MS;
    // Not awaited: no request waits for it, and after a failure the next sweep deletes the keys.
    database
      .query(SWEEP, [SWEEP_ROWS])
      .catch((err: unknown) =>
        currentLogger()?.warn({ err }, "expired idempotency keys were not deleted"),
      );
  }

  return async (request, work) => {
    // A transaction would cost a single statement two more round trips.
    if (!request) return { response: await work(database), isRepeated: false };
    const { key, fingerprint } = request;
    const result = await database.transaction(async (tx) => {
      const [lock] = await tx.query<{ isOurs: boolean }>(LOCK, [key]);
      if (!lock?.isOurs) throw new KeyRefused(409, IN_PROGRESS, { "Retry-After": "1" });
      // Not in one statement with the lock: its snapshot would be older than the lock, and miss what was just committed.
      const [stored] = await tx.query<{ fingerprint: string; response: StoredResponse }>(FIND, [
        key,
      ]);
      if (stored && stored.fingerprint !== fingerprint) throw new KeyRefused(422, DIFFERENT);
      if (stored) return { response: stored.response, isRepeated: true };
      const response = await work(tx);
      await tx.query(STORE, [key, fingerprint, JSON.stringify(response)]);
      return { response, isRepeated: false };
    });
    sweep();
    return result;
  };
}

/** An advisory lock, held until the transaction ends in any way. */
const LOCK = `SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency:' || $1, 0)) AS "isOurs"`;
const FIND = `SELECT fingerprint, response FROM idempotency_keys
  WHERE key = $1 AND created_at > now() - interval '${RETENTION}'`;
/** An expired row may still be there. */
const STORE = `INSERT INTO idempotency_keys (key, fingerprint, response) VALUES ($1, $2, $3)
  ON CONFLICT (key) DO UPDATE
  SET fingerprint = EXCLUDED.fingerprint, response = EXCLUDED.response, created_at = EXCLUDED.created_at`;
const SWEEP = `DELETE FROM idempotency_keys WHERE key IN (
  SELECT key FROM idempotency_keys WHERE created_at <= now() - interval '${RETENTION}'
  LIMIT $1 FOR UPDATE SKIP LOCKED)`;

const IN_PROGRESS =
  "A request with this Idempotency-Key is still in progress: retry for its response.";
const DIFFERENT = "This Idempotency-Key was used for a different request: use a new one.";
