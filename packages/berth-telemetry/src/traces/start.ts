// Starts the traces of a process: OpenTelemetry's SDK, by its standard variables, and a span for each thing that happens.
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

/** The variables that traces read, besides those that OpenTelemetry reads itself. */
export interface TracesConfig {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
}

/** How long the end of the process may wait for the collector, in milliseconds. */
const FLUSH_MS = 500;

/** Traces that are recorded. */
export interface Traces {
  /** Sends what is left, unless the collector has not taken the last spans either. */
  end(): Promise<void>;
}

/** @returns Undefined if variables switch them off, or another SDK records them. */
export function startTraces(
  { logger, about }: Pick<ExtendedProcess, "logger" | "about">,
  { OTEL_EXPORTER_OTLP_ENDPOINT: url = "" }: TracesConfig,
): Traces | undefined {
  if (getStringFromEnv("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  if (getStringFromEnv("OTEL_TRACES_EXPORTER") === "none") return undefined;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    logger.warn(
      "OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL, such as http://localhost:4318; there are no traces",
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
  // The provider does not wait for what is on its way already.
  const flush = (): Promise<void> =>
    provider.forceFlush().then(exporter.forceFlush, () => undefined);
  // What is recorded so far need not wait for the end.
  subscriptions.on(drainStart, () => void flush());
  return {
    async end() {
      subscriptions.end();
      if (!isFailing()) await Promise.race([flush(), sleep(FLUSH_MS, undefined, { ref: false })]);
      for (const api of [trace, context, propagation, diag]) api.disable();
    },
  };
}

/** Whether an agent has registered its SDK, perhaps by another copy of OpenTelemetry's API. */
function isSdkLoaded(): boolean {
  const global = trace.getTracerProvider();
  const isOwnProxy = global instanceof ProxyTracerProvider;
  return !isOwnProxy || global.getDelegate().constructor.name !== "NoopTracerProvider";
}

/**
 * What the service is, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` say otherwise. Nothing of the command line,
 * which OpenTelemetry's own detector sends.
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
      "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json; it is http/protobuf",
    );
  }
  return new ProtobufExporter();
}

/** The variables of batches, and their defaults. @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
const BATCHES = {
  scheduledDelayMillis: ["OTEL_BSP_SCHEDULE_DELAY", 5000],
  exportTimeoutMillis: ["OTEL_BSP_EXPORT_TIMEOUT", 30_000],
  maxQueueSize: ["OTEL_BSP_MAX_QUEUE_SIZE", 2048],
  maxExportBatchSize: ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512],
} as const;

const LARGEST = 2 ** 31 - 1;

/** OpenTelemetry takes any number: with batches of 0 spans it would never come to an end, in one turn of the event loop. */
function readBatches(logger: Pick<Logger, "warn">): BufferConfig {
  const read = ([name, fallback]: readonly [string, number]): number => {
    const value = getNumberFromEnv(name);
    if (value === undefined) return fallback;
    if (Number.isInteger(value) && value >= 1 && value <= LARGEST) return value;
    logger.warn(
      `${name}: expected a whole number from 1 to ${LARGEST}, got ${value}; it is ${fallback}`,
    );
    return fallback;
  };
  return Object.fromEntries(Object.entries(BATCHES).map(([option, of]) => [option, read(of)]));
}

/** The most texts that are logged: some contain what a collector has sent. */
const MAX_WARNINGS = 20;

/** OpenTelemetry's own warnings, such as those of variables, each once. */
function logWarnings(logger: Pick<Logger, "warn">): void {
  const logged = new Set<string>();
  // The first one is often only the name of a component.
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
