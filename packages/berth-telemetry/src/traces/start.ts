// Starts the traces of a process: OpenTelemetry's SDK, configured by its standard variables.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ProxyTracerProvider,
  trace,
} from "@opentelemetry/api";
import { getNumberFromEnv, getStringFromEnv, setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  type BufferConfig,
  NodeTracerProvider,
} from "@opentelemetry/sdk-trace-node";
import type { Logger } from "pino";
import { drainStart } from "berth/channels";
import type { About, ExtendedProcess } from "berth/process";
import { createSubscriptions } from "../subscriptions";
import { watchExports } from "./exports";
import { recordSpans } from "./spans";

/** The variable for traces; OpenTelemetry itself reads its others. */
export interface TracesConfig {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
}

/** How long the exit may wait for the collector, in milliseconds. */
const FLUSH_MS = 500;

/** Traces of this process. */
export interface Traces {
  /** Exports the remaining spans, unless the last export failed. */
  end(): Promise<void>;
}

/** @returns Undefined if variables disable traces, or another SDK records them. */
export function startTraces(
  { logger, about }: Pick<ExtendedProcess, "logger" | "about">,
  { OTEL_EXPORTER_OTLP_ENDPOINT: url = "" }: TracesConfig,
): Traces | undefined {
  if (getStringFromEnv("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  if (getStringFromEnv("OTEL_TRACES_EXPORTER") === "none") return undefined;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    logger.warn(
      "OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL, such as http://localhost:4318; traces are off",
    );
    return undefined;
  }
  if (isSdkLoaded()) {
    logger.info("another OpenTelemetry SDK is loaded: it records the traces");
    return undefined;
  }
  logWarnings(logger);
  const { exporter, isFailing } = watchExports(createExporter(logger), logger);
  const provider = new NodeTracerProvider({
    resource: resourceOf(about),
    spanProcessors: [new BatchSpanProcessor(exporter, readBatches(logger))],
  });
  provider.register();
  const subscriptions = createSubscriptions(logger);
  recordSpans(subscriptions, provider.getTracer("berth-telemetry"));
  // The provider does not wait for exports in flight: the exporter does.
  const flush = (): Promise<void> =>
    provider.forceFlush().then(exporter.forceFlush, () => undefined);
  // Export at the start of the drain, so that little is left for the exit.
  subscriptions.on(drainStart, () => void flush());
  return {
    async end() {
      subscriptions.end();
      if (!isFailing()) await Promise.race([flush(), sleep(FLUSH_MS, undefined, { ref: false })]);
      for (const api of [trace, context, propagation, diag]) api.disable();
    },
  };
}

/** Whether an agent has registered its own SDK, perhaps with another copy of OpenTelemetry's API. */
function isSdkLoaded(): boolean {
  const global = trace.getTracerProvider();
  const isOwnProxy = global instanceof ProxyTracerProvider;
  return !isOwnProxy || global.getDelegate().constructor.name !== "NoopTracerProvider";
}

/**
 * Describes the service; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` override it. It has nothing of the command line,
 * which OpenTelemetry's own detector would send.
 */
const resourceOf = ({ name, version }: About) =>
  defaultResource()
    .merge(
      resourceFromAttributes({
        "service.name": name,
        "service.version": version,
        "service.instance.id": randomUUID(),
        "host.name": hostname(),
        "process.pid": process.pid,
        "process.runtime.version": process.versions.node,
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));

function createExporter(logger: Pick<Logger, "warn">) {
  const variables = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
  const protocol = variables.map((name) => getStringFromEnv(name)).find(Boolean);
  if (protocol === "http/json") return new JsonExporter();
  if (protocol !== undefined && protocol !== "http/protobuf") {
    logger.warn(
      { protocol },
      "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json; using http/protobuf",
    );
  }
  return new ProtobufExporter();
}

/** The variables for batches, and their defaults. @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
const BATCHES = {
  scheduledDelayMillis: ["OTEL_BSP_SCHEDULE_DELAY", 5000],
  exportTimeoutMillis: ["OTEL_BSP_EXPORT_TIMEOUT", 30_000],
  maxQueueSize: ["OTEL_BSP_MAX_QUEUE_SIZE", 2048],
  maxExportBatchSize: ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512],
} as const;

const LARGEST = 2 ** 31 - 1;

/** OpenTelemetry accepts any number: batches of 0 spans would block the event loop forever. */
function readBatches(logger: Pick<Logger, "warn">): BufferConfig {
  const read = ([name, fallback]: readonly [string, number]): number => {
    const value = getNumberFromEnv(name);
    if (value === undefined) return fallback;
    if (Number.isInteger(value) && value >= 1 && value <= LARGEST) return value;
    logger.warn(
      `${name}: expected a whole number from 1 to ${LARGEST}, got ${value}; using ${fallback}`,
    );
    return fallback;
  };
  return Object.fromEntries(Object.entries(BATCHES).map(([option, of]) => [option, read(of)]));
}

/** The maximum number of texts logged: some contain what a collector has sent. */
const MAX_WARNINGS = 20;

/** Logs OpenTelemetry's own warnings, such as those about variables, each once. */
function logWarnings(logger: Pick<Logger, "warn">): void {
  const logged = new Set<string>();
  // The first part is often only the name of a component.
  const warn = (...parts: unknown[]): void => {
    const text = parts.filter((part) => typeof part === "string").join(": ");
    if (logged.has(text) || logged.size >= MAX_WARNINGS) return;
    logged.add(text);
    logger.warn(`OpenTelemetry: ${text.slice(0, 500)}`);
  };
  const nothing = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  // `watchExports` logs failed exports.
  setGlobalErrorHandler(nothing);
}
