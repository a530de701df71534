// Metrics of the process itself: event loop, garbage collection, memory, jobs, drain and version.
import { type Aggregator, collectDefaultMetrics, type Registry } from "prom-client";
import { drainStart, jobEnd, jobStart } from "berth/channels";
import type { About } from "berth/process";
import type { Subscriptions } from "../subscriptions";
import type { Definition, Family } from "./families";
import type { Snapshot } from "./snapshot";

/** Gauges whose names end in _total, which Prometheus' linter rejects, and their counterparts. */
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
  // By default prom-client omits it when it merges workers.
  merge("process_start_time_seconds", "min");
  // prom-client's default is the mean of all workers, which hides a slow one.
  for (const of of ["p50", "p90", "p99"]) merge(`nodejs_eventloop_lag_${of}_seconds`, "max");

  const build = family({
    kind: "gauge",
    name: "berth_build_info",
    help: "Always 1; the labels tell which version runs.",
    labels: ["service", "version", "node"],
    aggregator: "first",
  });
  build.set({ service: name, version, node: process.version }, 1);

  const draining = family({
    kind: "gauge",
    name: "berth_draining",
    help: "How many processes are draining.",
    labels: [],
  });
  draining.set({}, 0);
  on(drainStart, () => draining.set({}, 1));

  const jobs = family({
    kind: "histogram",
    name: "berth_job_duration_seconds",
    help: "Durations of job runs, by result.",
    labels: ["job_name", "result"],
    buckets: [0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
  });
  const running = family({
    kind: "gauge",
    name: "berth_jobs_running",
    help: "Job runs in progress.",
    labels: ["job_name"],
  });
  // Not `job`: Prometheus sets that label to the name of the scrape job.
  on(jobStart, ({ name: job_name }) => running.add({ job_name }, 1));
  on(jobEnd, ({ name: job_name, result, durationMs }) => {
    running.add({ job_name }, -1);
    jobs.observe({ job_name, result }, durationMs / 1000);
  });
}

/** Beyond any possible event loop lag, in seconds. */
const NEVER_S = 1e6;

/** Omits event loop lag without a sample since the last scrape: Node then reports NaN as the mean, and 292 years as the minimum. */
export const withoutUnmeasured = (snapshot: Snapshot): Snapshot =>
  snapshot.map((metric) =>
    metric.name.startsWith("nodejs_eventloop_lag_")
      ? { ...metric, values: metric.values.filter(({ value }) => value < NEVER_S) }
      : metric,
  );
