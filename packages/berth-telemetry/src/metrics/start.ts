// Starts the metrics of a process that has METRICS_TOKEN or METRICS_PORT.
import { Registry } from "prom-client";
import type { ExtendedProcess } from "berth/process";
import type { Endpoint } from "../endpoint";
import { createSubscriptions } from "../subscriptions";
import { measureBackingServices } from "./backing";
import { createEndpoint } from "./endpoint";
import { createFamily, type Definition, type Family } from "./families";
import { collectOwnMetrics } from "./own";
import { measureProcess, withoutUnmeasured } from "./process";
import { measureRequests } from "./requests";
import { serveMetrics } from "./server";
import type { Snapshot } from "./snapshot";
import { collectWorkers, joinWorkers } from "./workers";

/** The variables for metrics. */
export interface MetricsConfig {
  METRICS_TOKEN?: string | undefined;
  METRICS_PORT?: number | undefined;
  HOST?: string | undefined;
}

/** Metrics that are collected. */
export interface Metrics {
  /** The endpoints for the service's port, by path; empty if `METRICS_PORT` is set. */
  endpoints: ReadonlyMap<string, Endpoint>;
  /** Stops collecting; resolves once the supervisor has this worker's counts. */
  end(): Promise<void>;
}

/** Every address, IPv6 and IPv4. */
const EVERY_ADDRESS = "::";

/**
 * @param others Further endpoints to serve with the metrics, by path.
 * @throws BindError when `METRICS_PORT` cannot be bound.
 */
export async function startMetrics(
  process: Pick<ExtendedProcess, "logger" | "about" | "role">,
  config: MetricsConfig,
  others: ReadonlyMap<string, Endpoint>,
): Promise<Metrics> {
  const { logger, role } = process;
  const { METRICS_TOKEN: token, METRICS_PORT: port, HOST: host = EVERY_ADDRESS } = config;
  const own = role === "supervisor" ? undefined : measure(process);
  const shared =
    role === "supervisor" ? collectWorkers() : role === "worker" && own && joinWorkers(own.collect);
  const collect = async (): Promise<Snapshot> =>
    shared ? shared.collect() : (own?.collect() ?? []);
  const endpoint = createEndpoint({ token, collect, logger });
  const endpoints = new Map([...others, ["/metrics", endpoint]]);
  // With workers, the supervisor binds the port: it responds even while workers are blocked or draining.
  const close =
    port !== undefined && role !== "worker"
      ? await serveMetrics({ host, port, endpoints, logger })
      : undefined;
  return {
    endpoints: port === undefined ? endpoints : new Map(),
    async end() {
      if (shared) await shared.end();
      close?.();
      own?.end();
    },
  };
}

/** Measures this process. */
function measure({ logger, about }: Pick<ExtendedProcess, "logger" | "about">) {
  const registry = new Registry();
  const subscriptions = createSubscriptions(logger);
  const family = (definition: Definition): Family => createFamily(registry, definition, logger);
  measureRequests(subscriptions, family);
  const update = measureBackingServices(subscriptions, family);
  measureProcess(subscriptions, family, registry, about);
  const endOwn = collectOwnMetrics(family);
  return {
    collect: async (): Promise<Snapshot> => {
      update();
      return withoutUnmeasured(await registry.getMetricsAsJSON());
    },
    end(): void {
      subscriptions.end();
      endOwn();
      registry.clear();
    },
  };
}
