// Remembers in the database what each idempotency key's request was answered, in the transaction of its work.
import { currentLogger } from "../process/work-context";
import type { Database } from "./database";
import type { Transaction } from "./transactions";

/** A request that its client may send again. */
export interface KeyedRequest {
  /** What the client calls it. */
  key: string;
  /** Tells whether it is the same when it comes again. */
  fingerprint: string;
}

/** What work was answered with; all of it can be JSON. */
export interface StoredAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

/**
 * Runs work in a transaction, once for each key: when it rejects, or its process dies, the key is free again.
 * @param request Without one, the work is run as often as it is asked for, and each of its statements stands alone:
 *   those that do not may be run in `db.transaction()`, with or without a key.
 * @returns The work's answer, or the one that it gave the first time.
 * @throws KeyRefused 409 while the key's request is under way, 422 when it was another one.
 */
export type RunOnce = (
  request: KeyedRequest | undefined,
  work: (db: Transaction) => Promise<StoredAnswer>,
) => Promise<{ answer: StoredAnswer; isRepeated: boolean }>;

/** A request that its key keeps from being carried out. */
export class KeyRefused extends Error {
  override readonly name = "KeyRefused";
  readonly expose = true;

  constructor(
    readonly status: number,
    message: string,
    readonly headers?: Readonly<Record<string, string>>,
  ) {
    super(message);
  }
}

/** How long an answer is kept: when a key comes again later, it is new. */
const KEPT = "24 hours";

/** How often one process removes what is not kept, and how much at once: nobody shall wait for it. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_ROWS = 10_000;

/** Makes what runs work once; its table comes from a migration: docs/limits.md. */
export function createIdempotencyKeys(database: Database): RunOnce {
  let nextSweep = 0;

  function sweep(): void {
    if (performance.now() < nextSweep) return;
    nextSweep = performance.now() + SWEEP_EVERY_MS;
    // Nobody waits for it: the next one will do as well.
    database
      .query(SWEEP, [SWEEP_ROWS])
      .catch((err: unknown) =>
        currentLogger()?.warn({ err }, "old idempotency keys were not removed"),
      );
  }

  return async (request, work) => {
    // A transaction would cost a single statement two more round trips.
    if (!request) return { answer: await work(database), isRepeated: false };
    const { key, fingerprint } = request;
    const result = await database.transaction(async (tx) => {
      const [lock] = await tx.query<{ isOurs: boolean }>(LOCK, [key]);
      if (!lock?.isOurs) throw new KeyRefused(409, UNDER_WAY, { "Retry-After": "1" });
      // In a statement of its own, which sees what was committed before the lock was free.
      const [stored] = await tx.query<{ fingerprint: string; answer: StoredAnswer }>(FIND, [key]);
      if (stored && stored.fingerprint !== fingerprint) throw new KeyRefused(422, ANOTHER);
      if (stored) return { answer: stored.answer, isRepeated: true };
      const answer = await work(tx);
      await tx.query(STORE, [key, fingerprint, JSON.stringify(answer)]);
      return { answer, isRepeated: false };
    });
    sweep();
    return result;
  };
}

/** Held until the transaction ends, however it does. */
const LOCK = `SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency:' || $1, 0)) AS "isOurs"`;
const FIND = `SELECT fingerprint, answer FROM idempotency_keys
  WHERE key = $1 AND created_at > now() - interval '${KEPT}'`;
/** One that is not kept any more may still be there. */
const STORE = `INSERT INTO idempotency_keys (key, fingerprint, answer) VALUES ($1, $2, $3)
  ON CONFLICT (key) DO UPDATE
  SET fingerprint = EXCLUDED.fingerprint, answer = EXCLUDED.answer, created_at = EXCLUDED.created_at`;
const SWEEP = `DELETE FROM idempotency_keys WHERE key IN (
  SELECT key FROM idempotency_keys WHERE created_at <= now() - interval '${KEPT}'
  LIMIT $1 FOR UPDATE SKIP LOCKED)`;

const UNDER_WAY = "A request with this Idempotency-Key is under way: come back for its answer.";
const ANOTHER = "This Idempotency-Key was used for another request: make a new one.";
