// Enqueues jobs, in the caller's transaction.
import { type GenericSchema, type InferInput, safeParse } from "valibot";
import type { Queryable } from "../postgres/transactions";
import { isDatabaseError } from "../postgres/errors";
import { checkInteger, type JobType, MOST_ATTEMPTS } from "./job-type";
import { describeIssues } from "./payload";
import { serializeJob } from "./stored-job";

/** The options of a job. */
export interface EnqueueOptions {
  /** The earliest time to run it; at once by default. */
  runAt?: Date;
  /**
   * At most one job of a type waits with the same key: a later one replaces its payload and its time. A job that is already
   * running is not changed, but not retried either; the later one runs after it.
   */
  key?: string;
  /** The maximum number of attempts, 1 to 100; the type's by default. */
  maxAttempts?: number;
}

const LONGEST_KEY = 256;

/** The options of jobs that are enqueued together. */
export interface EnqueueAllOptions<Payload> extends Omit<EnqueueOptions, "key"> {
  /** Returns the `key` of a payload's job. */
  key?: (payload: Payload) => string;
}

/**
 * Enqueues a job; it exists once the transaction is committed.
 * @param db The transaction that the job belongs to, or the database.
 * @returns The job's id.
 * @throws TypeError or RangeError when the payload or an option is invalid; then nothing was sent to the database.
 */
export async function enqueue<S extends GenericSchema>(
  db: Queryable,
  type: JobType<S>,
  payload: InferInput<S>,
  { key, ...options }: EnqueueOptions = {},
): Promise<string> {
  const keys = key === undefined ? {} : { key: () => key };
  const [id] = await enqueueAll(db, type, [payload], { ...options, ...keys });
  return id as string;
}

/**
 * Enqueues a job for each payload in one statement: all of them, or none.
 * @param db The transaction that the jobs belong to, or the database.
 * @returns The jobs' ids, in the order of their payloads.
 * @throws TypeError or RangeError when a payload or an option is invalid; then nothing was sent to the database.
 */
export async function enqueueAll<S extends GenericSchema>(
  db: Queryable,
  type: JobType<S>,
  payloads: readonly InferInput<S>[],
  options: EnqueueAllOptions<InferInput<S>> = {},
): Promise<string[]> {
  const { name } = type;
  const { runAt, key, maxAttempts = type.maxAttempts } = options;
  for (const payload of payloads) {
    const parsed = safeParse(type.payload, payload);
    if (parsed.success) continue;
    throw new TypeError(
      `The payload of the job ${name} is wrong: ${describeIssues(parsed.issues)}`,
    );
  }
  if (runAt && Number.isNaN(runAt.getTime())) {
    throw new RangeError(`runAt of the job ${name} is not a valid date`);
  }
  checkInteger(`maxAttempts of the job ${name}`, maxAttempts, MOST_ATTEMPTS);
  const keys = payloads.map((payload) => (key ? storedKey(name, key(payload)) : null));
  // Store the caller's payload, not the parsed one: it is parsed, and transformed, before each run.
  const stored = payloads.map((payload) => serializeJob(name, payload));
  if (stored.length === 0) return [];
  try {
    const values = [name, runAt?.toISOString() ?? null, maxAttempts, stored, keys];
    const jobs = await db.query<{ id: string }>(ADD_JOBS, values);
    return jobs.map(({ id }) => id);
  } catch (err) {
    if (!isWithoutTables(err)) throw err;
    throw new Error(WITHOUT_TABLES, { cause: err });
  }
}

/** @throws RangeError when the key is empty or too long. */
function storedKey(name: string, key: string): string {
  if (key !== "" && key.length <= LONGEST_KEY) return `${name}:${key}`;
  throw new RangeError(`The key of the job ${name} has ${key.length} characters, not 1 to 256`);
}

const ADD_JOBS = `SELECT job.id
  FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS given (payload, key, position),
    LATERAL graphile_worker.add_job($1, given.payload::json, run_at => $2::timestamptz, max_attempts => $3,
      job_key => given.key) AS job
  ORDER BY given.position`;

/** The SQLSTATEs for a missing schema, table or function. */
export const isWithoutTables = (err: unknown): boolean =>
  isDatabaseError(err) && ["3F000", "42P01", "42883"].includes(err.code);

export const WITHOUT_TABLES =
  "The database has no tables for jobs: add a migration with createJobTables (docs/jobs.md), and run the release process";
