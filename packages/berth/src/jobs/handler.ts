// Handlers of jobs, and the context that they get with the payload.
import type { GenericSchema, InferOutput } from "valibot";
import type { Logger } from "pino";
import type { Queryable } from "../postgres/transactions";
import type { JobType } from "./job-type";

/** One run of a job. */
export interface RunningJob {
  /** The job's id, the same for all of its attempts: an idempotency key for calls to other services. */
  id: string;
  name: string;
  /** 1 for the first attempt. */
  attempt: number;
  maxAttempts: number;
  /** When it was due: for a cron line, the time on the line. */
  runAt: Date;
  /** Aborted when the run must end: it timed out, or its worker is stopping or was taken for dead. */
  signal: AbortSignal;
  /** The latest time at which `signal` is aborted, on the clock of `performance.now`; calls to other services inherit it. */
  deadline: number;
  /** Its lines, like those of `log`, have the job's name, id and attempt, and the ids of the request that enqueued it. */
  logger: Logger;
  /**
   * Completes the job in a transaction: its effect and the completion are committed together or not at all, so the effect happens
   * exactly once. Without it, a job whose worker dies after the effect runs again.
   * @throws JobLostError when the job no longer belongs to this run: let the transaction roll back.
   */
  complete(this: void, tx: Queryable): Promise<void>;
}

/** A type of job, and the function that runs it. */
export interface JobHandler {
  type: JobType;
  run: (payload: never, job: RunningJob) => Promise<unknown> | void;
}

/**
 * Creates the handler of a type of job.
 * @param run Resolves when the job is done. If it rejects, the job is retried after a back-off: about 3 s, 7 s, 20 s, 55 s and so
 *   on; but not if it rejects with an UnrecoverableError.
 */
export const handleJob = <S extends GenericSchema>(
  type: JobType<S>,
  run: (payload: InferOutput<S>, job: RunningJob) => Promise<unknown> | void,
): JobHandler => ({ type, run });
