// Statements for which graphile-worker has no function. They use its private tables, so the peer's version is pinned.
import type { Queryable } from "../postgres/transactions";
import { JobLostError } from "./errors";

/** A job as locked by this worker; `attempts` distinguishes a run from an earlier one of the same worker. */
export interface Lock {
  id: string;
  attempts: number;
  locked_by: string | null;
}

/** Releases the queues (of cron lines) that the jobs in `j` occupy. */
const FREE_QUEUES = `UPDATE graphile_worker._private_job_queues AS queues
  SET locked_at = NULL, locked_by = NULL FROM j
  WHERE queues.id = j.job_queue_id AND queues.locked_by = $2`;

const COMPLETE = `WITH j AS (
    DELETE FROM graphile_worker._private_jobs
    WHERE id = $1 AND locked_by = $2 AND attempts = $3 RETURNING id, job_queue_id
  ), freed AS (${FREE_QUEUES})
  SELECT id FROM j`;

/**
 * Completes a job in the caller's transaction.
 * @throws JobLostError when the job is no longer locked by this run.
 */
export async function completeJob(tx: Queryable, { id, attempts, locked_by }: Lock): Promise<void> {
  const [row] = await tx.query(COMPLETE, [id, locked_by, attempts]);
  if (!row) {
    throw new JobLostError(
      `The job ${id} was taken from this run, or is completed: nothing is kept`,
    );
  }
}

const IS_STORED = "SELECT FROM graphile_worker._private_jobs WHERE id = $1 FOR UPDATE";

/** Whether a job still exists after the transaction that completed it has ended. */
export const isStored = async (db: Queryable, { id }: Lock): Promise<boolean> =>
  (await db.query(IS_STORED, [id])).length > 0;

const GIVE_UP = `UPDATE graphile_worker._private_jobs SET attempts = max_attempts
  WHERE id = $1 AND locked_by = $2 AND attempts = $3`;

/** Prevents retries of a job whose run is about to fail. */
export const giveUpJob = (db: Queryable, { id, attempts, locked_by }: Lock): Promise<unknown> =>
  db.query(GIVE_UP, [id, locked_by, attempts]);

const HAND_BACK = `WITH j AS (
    UPDATE graphile_worker._private_jobs
    SET locked_at = NULL, locked_by = NULL, attempts = attempts - 1
    WHERE id = ANY($1::bigint[]) AND locked_by = $2 RETURNING id, job_queue_id
  ), freed AS (${FREE_QUEUES})
  SELECT id FROM j`;

/**
 * Lets other workers run these jobs at once, as if this worker had not started them.
 * @returns The ids of the jobs that this worker still had.
 */
export async function handBackJobs(
  db: Queryable,
  ids: readonly string[],
  worker: string,
): Promise<string[]> {
  const jobs = await db.query<{ id: string }>(HAND_BACK, [ids, worker]);
  return jobs.map(({ id }) => id);
}
