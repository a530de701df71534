// Runs one job: parses its payload, restores its context, limits its time, and logs its result.
import type { Logger } from "pino";
import { runInWorkContext } from "../process/work-context";
import { traceId } from "../request/trace-context";
import type { Queryable } from "../postgres/transactions";
import { type Completion, createCompletion } from "./completion";
import { JobLostError, UnrecoverableError } from "./errors";
import type { JobHandler, RunningJob } from "./handler";
import { publishJob } from "./job-events";
import { parsePayload } from "./payload";
import { giveUpJob, type Lock } from "./statements";
import { type JobOrigin, parseStored } from "./stored-job";

/** A job that graphile-worker has locked for this worker. */
export interface LockedJob extends Lock {
  max_attempts: number;
  run_at: Date | string;
}

/** A run in progress. */
export interface Run {
  id: string;
  /** Asks the handler to stop, because the job will be handed to another worker. */
  interrupt: (reason: Error) => void;
  /** Resolves when the handler has ended. */
  ended: Promise<unknown>;
}

/** The dependencies of a run. */
export interface RunOptions {
  handler: JobHandler;
  logger: Logger;
  /** The runs of this worker. An interrupted one stays there, to be handed back. */
  runs: Set<Run>;
  /** On the worker's own connections: waits while the database is not available. */
  db: Queryable;
}

/** How a run ended; one that was interrupted says nothing about the job. */
export type Outcome = "done" | { interrupted: Error } | { err: Error };

/** @returns A promise that rejects if the job has failed, and never settles if the run was interrupted. */
export function runJob(options: RunOptions, stored: unknown, job: LockedJob): Promise<void> {
  const { handler, logger, runs, db } = options;
  const { payload, origin } = parseStored(stored);
  const stop = new AbortController();
  const completion = createCompletion(db, job);
  const running: RunningJob = {
    id: job.id,
    name: handler.type.name,
    attempt: job.attempts,
    maxAttempts: job.max_attempts,
    runAt: new Date(job.run_at),
    signal: stop.signal,
    deadline: performance.now() + handler.type.timeoutMs,
    logger,
    complete: completion.complete,
  };
  const work = async () => handler.run(parsePayload(handler.type, payload) as never, running);
  const published = publishJob(running, origin);
  return new Promise((resolve, reject) => {
    runInWorkContext(contextOf(running, published ? published.headers : origin), () => {
      let interrupted: Error | undefined;
      const interruption = () => interrupted;
      const begin = () => attempt({ ...options, work, stop, job, completion, interruption });
      const outcome = published ? published.run(begin) : begin();
      const run: Run = {
        id: job.id,
        interrupt(reason) {
          interrupted = reason;
          stop.abort(reason);
        },
        ended: outcome,
      };
      runs.add(run);
      void outcome.then((end) => {
        published?.end(end);
        // The job will be handed back, so graphile-worker must not record a failure.
        if (end !== "done" && "interrupted" in end && !isLost(end.interrupted)) return;
        runs.delete(run);
        if (end === "done") resolve();
        else reject("err" in end ? end.err : end.interrupted);
      });
    });
  });
}

/** The context of the request that enqueued the job, for log lines and calls to other services. */
const contextOf = ({ logger, name, id, attempt, deadline }: RunningJob, origin?: JobOrigin) => ({
  logger,
  fields: () => ({
    job: name,
    jobId: id,
    attempt,
    requestId: origin?.["x-request-id"],
    traceId: origin && traceId({ headers: origin }),
  }),
  headersToPropagate: () => origin ?? {},
  deadline,
});

interface AttemptOptions extends RunOptions {
  work: () => Promise<unknown>;
  stop: AbortController;
  job: LockedJob;
  completion: Completion;
  interruption: () => Error | undefined;
}

async function attempt(options: AttemptOptions): Promise<Outcome> {
  const { handler, logger, db, work, stop, job, completion, interruption } = options;
  const { timeoutMs } = handler.type;
  const startedAt = performance.now();
  const durationMs = () => Math.round(performance.now() - startedAt);
  const result = work();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new JobTimeoutError(timeoutMs)), timeoutMs).unref();
  });
  try {
    await Promise.race([result, timeout]);
    const lost = interruption();
    if (isLost(lost) && !(await completion.close())) return { interrupted: lost };
    logger.info({ durationMs: durationMs() }, "job done");
    return "done";
  } catch (thrown) {
    const err = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (err instanceof JobTimeoutError) {
      stop.abort(err);
      const tellEnd = () =>
        logger.warn({ durationMs: durationMs() }, "a job that timed out has ended only now");
      result.then(tellEnd, tellEnd);
    }
    if (await completion.close()) {
      const line = { durationMs: durationMs(), err };
      logger.warn(line, "job done, but its handler failed after it was complete");
      return "done";
    }
    const interrupted = interruption();
    if (interrupted) {
      logger.warn({ durationMs: durationMs(), err }, "job interrupted");
      return { interrupted };
    }
    const line = { durationMs: durationMs(), maxAttempts: job.max_attempts, err };
    if (err instanceof UnrecoverableError) {
      // If this fails, the job is retried, and gets here again.
      await giveUpJob(db, job).catch(() => undefined);
      logger.error(line, "job failed, and no retry can help: it is kept");
    } else if (job.attempts >= job.max_attempts) {
      logger.error(line, "job failed for the last time: it is kept");
    } else logger.warn(line, "job failed, and will be tried again");
    return { err };
  } finally {
    clearTimeout(timer);
  }
}

/** Whether another worker has taken over the job: then that worker's result counts. */
const isLost = (reason: Error | undefined): reason is JobLostError =>
  reason instanceof JobLostError;

/** A run took longer than its type allows. */
class JobTimeoutError extends Error {
  override readonly name = "JobTimeoutError";

  constructor(timeoutMs: number) {
    super(`The job has not ended within its timeoutMs, ${timeoutMs} ms`);
  }
}
