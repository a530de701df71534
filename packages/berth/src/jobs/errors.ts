// The errors of jobs.

/** Thrown by a handler when no retry can help: the job is not tried again, and kept for inspection. */
export class UnrecoverableError extends Error {
  override readonly name = "UnrecoverableError";
}

/** The job was taken from this run: it timed out, or its worker counted as dead. What the transaction did is rolled back. */
export class JobLostError extends Error {
  override readonly name = "JobLostError";
}
