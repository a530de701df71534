// Extends a process with metrics and traces, as far as its variables ask for them.
import type { ExtendedProcess } from "berth/process";
import { extendProcess } from "berth/process";
import type { Endpoint } from "./metrics/endpoint";
import type * as Metrics from "./metrics/start";
import type * as Traces from "./traces/start";

let current: Endpoint | undefined;

/** What `mountMetrics` mounts. */
export const endpoint = (): Endpoint | undefined => current;

/**
 * Lets this process be observed: its metrics with `METRICS_TOKEN` or `METRICS_PORT`, its traces with
 * `OTEL_EXPORTER_OTLP_ENDPOINT`. Without these, nothing is loaded. To be called before `serve` and the like, whose variables
 * must include `telemetryVariables`.
 */
export const observeProcess = (): void => extendProcess(observe);

/** @returns A function that ends it; it sends what is left of the traces. */
export async function observe(process: ExtendedProcess): Promise<() => Promise<void>> {
  const config = process.config as Metrics.MetricsConfig & Traces.TracesConfig;
  const { METRICS_TOKEN: token, METRICS_PORT: port, OTEL_EXPORTER_OTLP_ENDPOINT: url } = config;
  const metrics =
    token !== undefined || port !== undefined
      ? await loadMetrics().startMetrics(process, config)
      : undefined;
  current = metrics?.endpoint;
  const isTraced = Boolean(url) && process.role !== "supervisor";
  const traces = isTraced ? loadTraces().startTraces(process, config) : undefined;
  return async () => {
    await Promise.all([traces?.end(), metrics?.end()]);
    current = undefined;
  };
}

const loadMetrics = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it where nobody asks for it
  require("./metrics/start") as typeof Metrics;

const loadTraces = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it where nobody asks for it
  require("./traces/start") as typeof Traces;
