// Extends a process with metrics, traces and debugging, each if its variable is set.
import type { ExtendedProcess } from "berth/process";
import { extendProcess } from "berth/process";
import type * as Debugging from "./debug/start";
import type { Endpoint } from "./endpoint";
import type * as Metrics from "./metrics/start";
import type * as Traces from "./traces/start";

const none: ReadonlyMap<string, Endpoint> = new Map();
let current = none;

/** The endpoints that `mountMetrics` and `mountDebug` mount, by path. */
export const endpoints = (): ReadonlyMap<string, Endpoint> => current;

type Config = Metrics.MetricsConfig & Traces.TracesConfig & { DEBUG_TOKEN?: string | undefined };

/**
 * Enables metrics with `METRICS_TOKEN` or `METRICS_PORT`, traces with `OTEL_EXPORTER_OTLP_ENDPOINT`, and debugging with
 * `DEBUG_TOKEN`. Without these variables, nothing is loaded. Call it before `serve` and the like; their variables must include
 * `telemetryVariables`.
 */
export const observeProcess = (): void => extendProcess(observe);

/** @returns A function that stops it and exports the remaining spans. */
export async function observe(process: ExtendedProcess): Promise<() => Promise<void>> {
  const config = process.config as Config;
  const { METRICS_TOKEN: token, METRICS_PORT: port, DEBUG_TOKEN: debugToken } = config;
  const debug =
    debugToken === undefined ? undefined : loadDebugging().startDebug(process, debugToken);
  const paths = debug?.endpoints ?? none;
  const metrics =
    token !== undefined || port !== undefined
      ? await loadMetrics().startMetrics(process, config, paths)
      : undefined;
  current = metrics?.endpoints ?? paths;
  const isTraced = Boolean(config.OTEL_EXPORTER_OTLP_ENDPOINT) && process.role !== "supervisor";
  const traces = isTraced ? loadTraces().startTraces(process, config) : undefined;
  return async () => {
    debug?.end();
    await Promise.all([traces?.end(), metrics?.end()]);
    current = none;
  };
}

const loadDebugging = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it where nobody asks for it
  require("./debug/start") as typeof Debugging;

const loadMetrics = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it where nobody asks for it
  require("./metrics/start") as typeof Metrics;

const loadTraces = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it where nobody asks for it
  require("./traces/start") as typeof Traces;
