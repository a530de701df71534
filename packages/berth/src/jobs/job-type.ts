// Describes a type of job: its name, the schema of its payload, and its limits.
import type { GenericSchema, InferInput, InferOutput } from "valibot";

/** The description of a type of job. */
export interface JobDescription<S extends GenericSchema> {
  /** The name that is stored with each job: at most 128 of `a-z`, `A-Z`, digits, `_`, `-`, `.`, `:` and `/`. */
  name: string;
  /** The payload's schema. Payloads are stored as JSON, and parsed before each run. */
  payload: S;
  /** The time limit of a run, in milliseconds: 1 to 10,800,000 (3 hours); 300,000 by default. */
  timeoutMs?: number;
  /** The maximum number of attempts, 1 to 100; 10 by default, which take about 4 hours. */
  maxAttempts?: number;
}

/** A type of job. */
export type JobType<S extends GenericSchema = GenericSchema> = Readonly<
  Required<JobDescription<S>>
>;

/** The payload as a handler gets it. */
export type JobPayload<T> = T extends JobType<infer S> ? InferOutput<S> : never;

/** The payload as it is passed to `enqueue`. */
export type JobInput<T> = T extends JobType<infer S> ? InferInput<S> : never;

const NAME = /^[\w.:/-]{1,128}$/;

/** graphile-worker unlocks jobs after 4 hours, even if they are running. */
const LONGEST_TIMEOUT_MS = 3 * 3_600_000;

/** With exponential back-off, the hundredth attempt comes after weeks. */
export const MOST_ATTEMPTS = 100;

/**
 * Describes a type of job.
 * @throws RangeError when its name or a limit is out of range.
 */
export function describeJob<S extends GenericSchema>(description: JobDescription<S>): JobType<S> {
  const { name, payload, timeoutMs = 300_000, maxAttempts = 10 } = description;
  if (!NAME.test(name)) {
    throw new RangeError(`The job name "${name}" does not match ${NAME.source}`);
  }
  checkInteger(`timeoutMs of the job ${name}`, timeoutMs, LONGEST_TIMEOUT_MS);
  checkInteger(`maxAttempts of the job ${name}`, maxAttempts, MOST_ATTEMPTS);
  return { name, payload, timeoutMs, maxAttempts };
}

/** @throws RangeError when it is not an integer from 1 to `most`. */
export function checkInteger(what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new RangeError(`${what}: expected an integer from 1 to ${most}, got ${value}`);
}
