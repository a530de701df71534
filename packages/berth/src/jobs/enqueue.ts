// Enqueues a job, in the caller's transaction.
import { type GenericSchema, type InferInput, safeParse } from "valibot";
import type { Queryable } from "../postgres/transactions";
import { isDatabaseError } from "../postgres/errors";
import { checkInteger, type JobType, MOST_ATTEMPTS } from "./job-type";
import { describeIssues } from "./payload";
import { serializeJob } from "./stored-job";

/** The options of a job. */
export interface EnqueueOptions {
  /** When to run it, at the earliest; at once by default. */
  runAt?: Date;
  /**
   * At most one job of a type waits with the same key: a later one replaces its payload and its time. One that runs already
   * stays as it is, and is not tried again; the later one runs after it.
   */
  key?: string;
  /** How often it is tried, 1 to 100; by default as its type says. */
  maxAttempts?: number;
}

const LONGEST_KEY = 256;

/**
 * Enqueues a job; it exists once the transaction is committed.
 * @param db The transaction whose effect the job belongs to; or the database.
 * @returns The job's id.
 * @throws TypeError or RangeError when the payload or an option is wrong: nothing was sent to the database then.
 */
export async function enqueue<S extends GenericSchema>(
  db: Queryable,
  type: JobType<S>,
  payload: InferInput<S>,
  options: EnqueueOptions = {},
): Promise<string> {
  const { name } = type;
  const { runAt, key, maxAttempts = type.maxAttempts } = options;
  const parsed = safeParse(type.payload, payload);
  if (!parsed.success) {
    throw new TypeError(
      `The payload of the job ${name} is wrong: ${describeIssues(parsed.issues)}`,
    );
  }
  if (runAt && Number.isNaN(runAt.getTime())) {
    throw new RangeError(`runAt of the job ${name} is not a valid date`);
  }
  if (key !== undefined && (key === "" || key.length > LONGEST_KEY)) {
    throw new RangeError(`The key of the job ${name} has ${key.length} characters, not 1 to 256`);
  }
  checkInteger(`maxAttempts of the job ${name}`, maxAttempts, MOST_ATTEMPTS);
  // What is stored is what the caller gave: it is parsed again, and transformed, before each run.
  const values = [
    name,
    serializeJob(name, payload),
    runAt?.toISOString() ?? null,
    maxAttempts,
    key === undefined ? null : `${name}:${key}`,
  ];
  try {
    const [job] = await db.query<{ id: string }>(ADD_JOB, values);
    return (job as { id: string }).id;
  } catch (err) {
    if (!isWithoutTables(err)) throw err;
    throw new Error(WITHOUT_TABLES, { cause: err });
  }
}

const ADD_JOB = `SELECT id FROM graphile_worker.add_job(
  $1, $2::json, run_at => $3::timestamptz, max_attempts => $4, job_key => $5)`;

/** SQLSTATE of a schema, table or function that does not exist. */
export const isWithoutTables = (err: unknown): boolean =>
  isDatabaseError(err) && ["3F000", "42P01", "42883"].includes(err.code);

export const WITHOUT_TABLES =
  "The database has no tables for jobs: add a migration with createJobTables (docs/jobs.md), and run the release process";
