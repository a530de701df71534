// Metrics of incoming work: HTTP requests, gRPC calls, rate limits and idempotency keys.
import {
  idempotencyUsed,
  rateLimited,
  requestEnd,
  type RequestEvent,
  requestRefused,
  requestStart,
  rpcEnd,
  rpcStart,
} from "berth/channels";
import { knownMethod } from "../http-methods";
import type { Subscriptions } from "../subscriptions";
import type { Definition, Family } from "./families";

/** The event's property for the original method: middleware may override `req.method` later. */
const METHOD = Symbol("method");

interface Sent {
  [METHOD]?: string;
}

/** Metrics of HTTP and gRPC have OpenTelemetry's names. @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ */
export function measureRequests(
  { on }: Subscriptions,
  family: (definition: Definition) => Family,
): void {
  const durations = family({
    kind: "histogram",
    name: "http_server_request_duration_seconds",
    help: "Request durations, until the response was sent; http_route is empty if no route matched.",
    labels: ["http_request_method", "http_route", "http_response_status_code"],
  });
  const inFlight = family({
    kind: "gauge",
    name: "http_server_active_requests",
    help: "Requests in flight.",
    labels: ["http_request_method"],
  });
  on(requestStart, (event: RequestEvent & Sent) => {
    const http_request_method = knownMethod(event.req.method);
    event[METHOD] = http_request_method;
    inFlight.add({ http_request_method }, 1);
  });
  on(requestEnd, (event) => {
    const { route = "", status, durationMs } = event;
    const { [METHOD]: http_request_method } = event as Sent;
    // The request began before the metrics were started.
    if (http_request_method === undefined) return;
    inFlight.add({ http_request_method }, -1);
    const labels = { http_request_method, http_route: route, http_response_status_code: status };
    durations.observe(labels, durationMs / 1000);
  });

  const refused = family({
    kind: "counter",
    name: "berth_http_refused_total",
    help: "Input rejected before it became a request: malformed, too large or too slow.",
    labels: ["http_response_status_code"],
  });
  on(requestRefused, ({ status }) => refused.add({ http_response_status_code: status }, 1));

  const calls = family({
    kind: "histogram",
    name: "rpc_server_call_duration_seconds",
    help: "gRPC call durations.",
    labels: ["rpc_method", "rpc_response_status_code"],
  });
  const activeCalls = family({
    kind: "gauge",
    name: "berth_grpc_active_calls",
    help: "gRPC calls in flight.",
    labels: [],
  });
  on(rpcStart, () => activeCalls.add({}, 1));
  on(rpcEnd, ({ method, code, durationMs }) => {
    activeCalls.add({}, -1);
    const labels = { rpc_method: method.slice(1), rpc_response_status_code: code };
    calls.observe(labels, durationMs / 1000);
  });

  const limited = family({
    kind: "counter",
    name: "berth_rate_limited_total",
    help: "Requests that the rate limit rejected, or allowed because Redis could not count them.",
    labels: ["result"],
  });
  on(rateLimited, ({ result }) => limited.add({ result }, 1));

  const keyed = family({
    kind: "counter",
    name: "berth_idempotent_requests_total",
    help: "Requests with an Idempotency-Key, by result: first, repeated or failed.",
    labels: ["result"],
  });
  on(idempotencyUsed, ({ result }) => keyed.add({ result }, 1));
}
