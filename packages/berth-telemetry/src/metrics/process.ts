// The metrics of the process itself: event loop, garbage collection, memory, jobs, the drain, and which version runs.
import { type Aggregator, collectDefaultMetrics, type Registry } from "prom-client";
import { drainStart, jobEnd, jobStart } from "berth/channels";
import type { About } from "berth/process";
import type { Subscriptions } from "../subscriptions";
import type { Definition, Family } from "./families";
import type { Snapshot } from "./snapshot";

/** Gauges whose names end in _total, which Prometheus' linter refuses. */
const MISNAMED = ["handles", "requests", "resources"].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
]);

/** Measures the process and its jobs. */
export function measureProcess(
  { on }: Subscriptions,
  family: (definition: Definition) => Family,
  registry: Registry,
  { name, version }: About,
): void {
  collectDefaultMetrics({ register: registry });
  for (const each of MISNAMED) registry.removeSingleMetric(each);
  const merge = (metric: string, aggregator: Aggregator): void =>
    void Object.assign(registry.getSingleMetric(metric) ?? {}, { aggregator });
  // prom-client leaves it out of what several workers have in common.
  merge("process_start_time_seconds", "min");
  // prom-client takes the mean of all workers, which hides that one of them is slow.
  for (const of of ["p50", "p90", "p99"]) merge(`nodejs_eventloop_lag_${of}_seconds`, "max");

  const build = family({
    kind: "gauge",
    name: "berth_build_info",
    help: "Which version runs: always 1.",
    labels: ["service", "version", "node"],
    aggregator: "first",
  });
  build.set({ service: name, version, node: process.version }, 1);

  const draining = family({
    kind: "gauge",
    name: "berth_draining",
    help: "How many processes drain.",
    labels: [],
  });
  draining.set({}, 0);
  on(drainStart, () => draining.set({}, 1));

  const jobs = family({
    kind: "histogram",
    name: "berth_job_duration_seconds",
    help: "How long runs of jobs took, by result.",
    labels: ["job_name", "result"],
    buckets: [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
  });
  const running = family({
    kind: "gauge",
    name: "berth_jobs_running",
    help: "Runs of jobs in progress.",
    labels: ["job_name"],
  });
  // Not `job`, which in Prometheus is the job that scrapes.
  on(jobStart, ({ name: job_name }) => running.add({ job_name }, 1));
  on(jobEnd, ({ name: job_name, result, durationMs }) => {
    running.add({ job_name }, -1);
    jobs.observe({ job_name, result }, durationMs / 1000);
  });
}

/** More seconds than an event loop can be late. */
const NEVER_S = 1e6;

/** Leaves out the lag that was not measured since the last scrape: for its mean Node says NaN, for its least value 292 years. */
export const withoutUnmeasured = (snapshot: Snapshot): Snapshot =>
  snapshot.map((metric) =>
    metric.name.startsWith("nodejs_eventloop_lag_")
      ? { ...metric, values: metric.values.filter(({ value }) => value < NEVER_S) }
      : metric,
  );
