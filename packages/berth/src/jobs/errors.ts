// The errors of jobs.

/** A handler throws it when no retry can help: the job is not retried, and is kept for inspection. */
export class UnrecoverableError extends Error {
  override readonly name = "UnrecoverableError";
}

/** The job no longer belongs to this run: it timed out, or its worker was taken for dead. The transaction is rolled back. */
export class JobLostError extends Error {
  override readonly name = "JobLostError";
}
