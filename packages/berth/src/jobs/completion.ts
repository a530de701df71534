// The completion of a job by its handler, in a transaction of the handler's own, which may be committed or not.
import type { Queryable } from "../postgres/transactions";
import { JobLostError } from "./errors";
import { completeJob, isStored, type Lock } from "./statements";

/** What a run knows of its job's completion. */
export interface Completion {
  /** Completes the job in a transaction. @throws JobLostError when the job is not this run's any more. */
  complete(this: void, tx: Queryable): Promise<void>;
  /** Lets no completion begin any more. @returns Whether one was committed, once no transaction with one is open. */
  close(this: void): Promise<boolean>;
}

/** @param db Waits while the database is away. */
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
