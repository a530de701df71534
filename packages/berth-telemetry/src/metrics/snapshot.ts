// The metrics of a process as plain data, and as text: of one process, or of several together.
import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";

/** All metrics of a process; can be sent to another one. */
export type Snapshot = MetricObjectWithValues<MetricValue<string>>[];

/** With its second parameter, which prom-client's types leave out. */
const aggregate = AggregatorRegistry.aggregate.bind(AggregatorRegistry) as unknown as (
  snapshots: readonly Snapshot[],
  format: string,
) => Registry;

/** Merges the metrics of processes, each as its aggregator says. */
export const merge = (snapshots: readonly Snapshot[]): Promise<Snapshot> =>
  aggregate(snapshots, PROMETHEUS).getMetricsAsJSON();

/** What only ever grows: it must not shrink when the process is gone. */
export const cumulative = (snapshot: Snapshot): Snapshot =>
  snapshot.filter(({ type }) => isCumulative(String(type)));

const isCumulative = (type: string): boolean => type === "counter" || type === "histogram";

export const PROMETHEUS = Registry.PROMETHEUS_CONTENT_TYPE;
export const OPEN_METRICS = Registry.OPENMETRICS_CONTENT_TYPE;

/** Writes metrics in one of the two formats. */
export function render(
  snapshot: Snapshot,
  format: typeof PROMETHEUS | typeof OPEN_METRICS,
): Promise<string> {
  const named = format === OPEN_METRICS ? snapshot.map(withoutTotal) : snapshot;
  return aggregate([named], format).metrics();
}

/** prom-client adds `_total` to the values of counters once more, as OpenMetrics names the family without it. */
const withoutTotal = (metric: Snapshot[number]): Snapshot[number] =>
  String(metric.type) === "counter"
    ? { ...metric, name: metric.name.replace(/_total$/, "") }
    : metric;
