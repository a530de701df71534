// The metrics of one process, or of several merged, as plain data and as text.
import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";

/** All metrics of a process, as data that can be sent to another process. */
export type Snapshot = MetricObjectWithValues<MetricValue<string>>[];

/** prom-client's types lack its second parameter. */
const aggregate = AggregatorRegistry.aggregate.bind(AggregatorRegistry) as unknown as (
  snapshots: readonly Snapshot[],
  format: string,
) => Registry;

/** Merges the metrics of processes, each by its aggregator. */
export const merge = (snapshots: readonly Snapshot[]): Promise<Snapshot> =>
  aggregate(snapshots, PROMETHEUS).getMetricsAsJSON();

/** The counters and histograms: these must not shrink when a process exits. */
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

/** In OpenMetrics a counter's family is named without `_total`: prom-client adds it to the values, even if it is there. */
const withoutTotal = (metric: Snapshot[number]): Snapshot[number] =>
  String(metric.type) === "counter"
    ? { ...metric, name: metric.name.replace(/_total$/, "") }
    : metric;
