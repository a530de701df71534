// Records a span for each request, call, statement, command, attempt and job, with OpenTelemetry's attributes.
import type { IncomingMessage } from "node:http";
import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  attemptEnd,
  type AttemptEvent,
  attemptStart,
  commandEnd,
  jobEnd,
  jobStart,
  requestEnd,
  requestStart,
  rpcEnd,
  rpcStart,
  statementEnd,
  type Surrounded,
  type Timed,
} from "berth/channels";
import { errorType } from "../error-type";
import { knownMethod } from "../http-methods";
import { commandName, operationName } from "../operation-names";
import type { Subscriptions } from "../subscriptions";

const w3c = new W3CTraceContextPropagator();
const HEADERS = { get: readHeader, keys: Object.keys };
const SETTER = {
  set: (headers: Record<string, unknown>, name: string, value: string) =>
    void (headers[name] = value),
};

function readHeader(headers: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

/** The maximum length of a span's statement, in characters. */
const STATEMENT_LIMIT = 2000;

/** The gRPC statuses that are the server's fault. @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
const SERVER_ERRORS = /^(UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS)$/;

/** The event's property for its span: a WeakMap would make every garbage collection slower. */
const SPAN = Symbol("span");

interface Spanned {
  [SPAN]?: Span;
}

/** How a served span begins; attributes are built only if it is sampled. */
interface Served {
  kind: SpanKind;
  attributes: () => Attributes;
}

/** Records spans from now on. */
export function recordSpans({ on }: Subscriptions, tracer: Tracer): void {
  /**
   * Begins a span below the one named in the headers, and replaces these, so that log lines, calls and SQL comments name it.
   */
  function beginServed(
    event: Surrounded & Spanned,
    headers: Record<string, unknown>,
    name: string,
    { kind, attributes }: Served,
  ): void {
    const parent =
      headers.traceparent === undefined
        ? ROOT_CONTEXT
        : w3c.extract(ROOT_CONTEXT, headers, HEADERS);
    const span = tracer.startSpan(name, { kind }, parent);
    if (span.isRecording()) span.setAttributes(attributes());
    const own = trace.setSpan(parent, span);
    if (headers.tracestate !== undefined) delete headers.tracestate;
    w3c.inject(own, headers, SETTER);
    event.around = (work) => context.with(own, work);
    event[SPAN] = span;
  }

  const end = (event: object, attributes: Attributes, failure = "", name?: string): void => {
    const { [SPAN]: span } = event as Spanned;
    if (!span?.isRecording()) return;
    if (name !== undefined) span.updateName(name);
    span.setAttributes(attributes);
    fail(span, failure);
    span.end();
  };

  on(requestStart, (event) => {
    const { req } = event;
    const method = knownMethod(req.method);
    beginServed(event, req.headers, method, {
      kind: SpanKind.SERVER,
      attributes: () => ({
        "http.request.method": method,
        "url.path": (req.url ?? "").replace(/\?.*/s, ""),
        "user_agent.original": req.headers["user-agent"],
        "http.request.header.x-request-id": requestIds(req),
      }),
    });
  });
  on(requestEnd, (event) => {
    const { req, route, status } = event;
    const method = knownMethod(req.method);
    const attributes = { "http.route": route, "http.response.status_code": status };
    end(event, attributes, status >= 500 ? String(status) : "", `${method} ${route ?? ""}`.trim());
  });

  on(rpcStart, (event) => {
    const method = event.method.slice(1);
    beginServed(event, event.headers, method, {
      kind: SpanKind.SERVER,
      attributes: () => ({ "rpc.system.name": "grpc", "rpc.method": method }),
    });
  });
  on(rpcEnd, (event) => {
    const failure = SERVER_ERRORS.test(event.code) ? event.code : "";
    end(event, { "rpc.response.status_code": event.code }, failure);
  });

  on(jobStart, (event) =>
    beginServed(event, event.headers, `job ${event.name}`, {
      kind: SpanKind.CONSUMER,
      attributes: () => ({ "berth.job": event.name, "berth.job.attempt": event.attempt }),
    }),
  );
  on(jobEnd, (event) => end(event, { "berth.job.result": event.result }, errorType(event.err)));

  on(attemptStart, (event: AttemptEvent & Spanned) => {
    const { service, method, url, attempt, headers } = event;
    const { hostname, port, protocol } = new URL(url);
    const span = tracer.startSpan(`${method} ${service}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        "http.request.method": method,
        "url.full": url,
        "server.address": hostname,
        "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
        "service.peer.name": service,
        "http.request.resend_count": attempt > 1 ? attempt - 1 : undefined,
      },
    });
    w3c.inject(trace.setSpan(context.active(), span), headers, SETTER);
    event[SPAN] = span;
  });
  on(attemptEnd, (event) => end(event, {}, errorType(event.err)));

  on(statementEnd, (event) => {
    const operation = operationName(event.text);
    recordLeaf(tracer, event, operation, errorType(event.err), () => ({
      "db.system.name": "postgresql",
      "db.operation.name": operation,
      "db.query.text": event.text.slice(0, STATEMENT_LIMIT),
    }));
  });
  on(commandEnd, (event) => {
    const command = commandName(event.command);
    recordLeaf(tracer, event, command, errorType(event.err), () => ({
      "db.system.name": "redis",
      "db.operation.name": command,
    }));
  });
}

/** Records an operation that has ended. Outside a trace it records nothing: each statement of a heartbeat would be a trace. */
function recordLeaf(
  tracer: Tracer,
  { startedAt, durationMs }: Timed,
  name: string,
  failure: string,
  attributes: () => Attributes,
): void {
  if (!trace.getActiveSpan()?.isRecording()) return;
  const span = tracer.startSpan(name, {
    kind: SpanKind.CLIENT,
    startTime: startedAt,
    attributes: attributes(),
  });
  fail(span, failure);
  span.end(startedAt + durationMs);
}

/** The request's id, set by `requestId`. */
const requestIds = ({ id }: IncomingMessage & { id?: string }): string[] | undefined =>
  id === undefined ? undefined : [id];

function fail(span: Span, failure: string): void {
  if (failure === "") return;
  span.setAttribute("error.type", failure);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
