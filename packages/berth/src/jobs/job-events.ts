// Publishes the runs of jobs on `berth/channels`.
import { jobEnd, type JobEvent, jobStart } from "../process/channels";
import type { RunningJob } from "./handler";
import type { Outcome } from "./run-job";
import type { JobOrigin } from "./stored-job";

/** A published run. */
export interface PublishedJob {
  /** The headers of the enqueuing request, which subscribers may have replaced. */
  readonly headers: JobOrigin;
  /** Runs work in the context that subscribers have set. */
  run<T>(work: () => T): T;
  end(outcome: Outcome): void;
}

/** Publishes that a job is about to run; undefined without subscribers. */
export function publishJob(
  { name, attempt }: RunningJob,
  origin: JobOrigin | undefined,
): PublishedJob | undefined {
  if (!jobStart.hasSubscribers && !jobEnd.hasSubscribers) return undefined;
  const event: JobEvent = { name, attempt, headers: { ...origin }, startedAt: performance.now() };
  jobStart.publish(event);
  return {
    headers: event.headers,
    run: (work) => (event.around ? event.around(work) : work()),
    end(outcome) {
      const durationMs = performance.now() - event.startedAt;
      jobEnd.publish(Object.assign(event, { durationMs, ...resultOf(outcome) }));
    },
  };
}

function resultOf(outcome: Outcome) {
  if (outcome === "done") return { result: "done" as const };
  if ("interrupted" in outcome) return { result: "interrupted" as const, err: outcome.interrupted };
  return { result: "failed" as const, err: outcome.err };
}
