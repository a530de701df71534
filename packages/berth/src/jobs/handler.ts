// What runs a type of job, and what it gets besides the payload.
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
  /** When it was to run: for a cron line, the time that the line names. */
  runAt: Date;
  /** Aborted when the run has to end: it timed out, its worker stops, or was taken for dead. */
  signal: AbortSignal;
  /** When `signal` is aborted at the latest, on the clock of `performance.now`; calls to other services have it, too. */
  deadline: number;
  /** Its lines have the job's name, id and attempt, and the ids of the request that enqueued it; those of `log` do, too. */
  logger: Logger;
  /**
   * Completes the job in a transaction: what the transaction does and the completion are committed together, or neither, so the
   * effect is there exactly once. Without it, a job whose worker dies after the effect runs again.
   * @throws JobLostError when the job was taken from this run: let the transaction roll back.
   */
  complete(this: void, tx: Queryable): Promise<void>;
}

/** A type of job with what runs it. */
export interface JobHandler {
  type: JobType;
  run: (payload: never, job: RunningJob) => Promise<unknown> | void;
}

/**
 * Says how jobs of a type are run.
 * @param run Resolves when the job is done. If it rejects, the job is tried again after a back-off: about 3 s, 7 s, 20 s, 55 s
 *   and so on; not if it rejects with an UnrecoverableError.
 */
export const handleJob = <S extends GenericSchema>(
  type: JobType<S>,
  run: (payload: InferOutput<S>, job: RunningJob) => Promise<unknown> | void,
): JobHandler => ({ type, run });
