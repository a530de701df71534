// Metrics of backing services: PostgreSQL, Redis and other services.
import {
  attemptEnd,
  circuitChange,
  commandEnd,
  poolCreated,
  type PoolEvent,
  poolWait,
  statementEnd,
} from "berth/channels";
import { errorType } from "../error-type";
import { knownMethod } from "../http-methods";
import { commandName, operationName } from "../operation-names";
import type { Subscriptions } from "../subscriptions";
import type { Definition, Family } from "./families";

/** @returns A function that updates the gauges of connection pools; call it before each scrape. */
export function measureBackingServices(
  { on }: Subscriptions,
  family: (definition: Definition) => Family,
): () => void {
  const operations = family({
    kind: "histogram",
    name: "db_client_operation_duration_seconds",
    help: "Durations of SQL statements and Redis commands; error_type is empty on success.",
    labels: ["db_system_name", "db_operation_name", "error_type"],
  });
  on(statementEnd, ({ text, durationMs, err }) => {
    const labels = {
      db_system_name: "postgresql",
      db_operation_name: operationName(text),
      error_type: errorType(err),
    };
    operations.observe(labels, durationMs / 1000);
  });
  on(commandEnd, ({ command, durationMs, err }) => {
    const labels = {
      db_system_name: "redis",
      db_operation_name: commandName(command),
      error_type: errorType(err),
    };
    operations.observe(labels, durationMs / 1000);
  });

  const attempts = family({
    kind: "histogram",
    name: "http_client_request_duration_seconds",
    help: "Durations of attempts to call other services; error_type is the status or failure, empty on success.",
    labels: ["service", "http_request_method", "error_type"],
  });
  const retries = family({
    kind: "counter",
    name: "berth_client_retries_total",
    help: "Retried attempts to call other services.",
    labels: ["service"],
  });
  on(attemptEnd, ({ service, method, attempt, durationMs, err }) => {
    const labels = {
      service,
      http_request_method: knownMethod(method),
      error_type: errorType(err),
    };
    attempts.observe(labels, durationMs / 1000);
    if (attempt > 1) retries.add({ service }, 1);
  });

  const circuits = family({
    kind: "gauge",
    name: "berth_circuit_open",
    help: "How many workers have an open circuit breaker.",
    labels: ["service"],
  });
  on(circuitChange, ({ service, isOpen }) => circuits.set({ service }, Number(isOpen)));

  return measurePools(on, family);
}

function measurePools(
  on: Subscriptions["on"],
  family: (definition: Definition) => Family,
): () => void {
  const connections = family({
    kind: "gauge",
    name: "db_client_connections",
    help: "Open database connections, by state.",
    labels: ["state"],
  });
  const limit = family({
    kind: "gauge",
    name: "db_client_connection_max",
    help: "The maximum number of database connections: DATABASE_POOL_SIZE, summed over all workers.",
    labels: [],
  });
  const waiting = family({
    kind: "gauge",
    name: "db_client_connection_pending_requests",
    help: "Callers waiting for a database connection.",
    labels: [],
  });
  const waits = family({
    kind: "histogram",
    name: "db_client_connection_wait_time_seconds",
    help: "How long callers waited for a database connection, not counting those served at once.",
    labels: [],
  });
  const timeouts = family({
    kind: "counter",
    name: "db_client_connection_timeouts_total",
    help: "Callers that timed out waiting for a database connection.",
    labels: [],
  });
  const pools = new Set<PoolEvent>();
  on(poolCreated, (pool) => void pools.add(pool));
  on(poolWait, ({ durationMs, isServed }) => {
    waits.observe({}, durationMs / 1000);
    if (!isServed) timeouts.add({}, 1);
  });
  return () => {
    if (pools.size === 0) return;
    const sum = { size: 0, used: 0, idle: 0, waiting: 0 };
    for (const pool of pools) {
      const stats = pool.stats();
      if (!stats) pools.delete(pool);
      sum.size += stats?.size ?? 0;
      sum.idle += stats?.idle ?? 0;
      sum.used += stats ? stats.open - stats.idle : 0;
      sum.waiting += stats?.waiting ?? 0;
    }
    connections.set({ state: "used" }, sum.used);
    connections.set({ state: "idle" }, sum.idle);
    limit.set({}, sum.size);
    waiting.set({}, sum.waiting);
  };
}
