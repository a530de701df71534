// The completion of a job by its handler, in the handler's own transaction, which may or may not be committed.
import type { Queryable } from "../postgres/transactions";
import { JobLostError } from "./errors";
import { completeJob, isStored, type Lock } from "./statements";

/** The completion of a run's job. */
export interface Completion {
  /** Completes the job in a transaction. @throws JobLostError when the job no longer belongs to this run. */
  complete(this: void, tx: Queryable): Promise<void>;
  /** Prevents further completions, and waits for open transactions with one. @returns Whether one was committed. */
  close(this: void): Promise<boolean>;
}

/** @param db Waits while the database is not available. */
export function createCompletion(db: Queryable, job: Lock): Completion {
  const begun: Promise<void>[] = [];
  let isClosed = false;
  return {
    async complete(tx) {
      if (isClosed)
        throw new JobLostError(`This run of the job ${job.id} is over: nothing is kept`);
      const statement = completeJob(tx, job);
      begun.push(statement);
      await statement;
    },
    async close() {
      isClosed = true;
      const ends = await Promise.allSettled(begun);
      const isPossible = ends.some(({ status }) => status === "fulfilled");
      return isPossible && !(await isStored(db, job).catch(() => true));
    },
  };
}
