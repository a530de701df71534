import { context, propagation, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import {
  attemptEnd,
  type AttemptEvent,
  attemptStart,
  commandEnd,
  jobEnd,
  type JobEvent,
  jobStart,
  rpcEnd,
  type RpcEvent,
  rpcStart,
  statementEnd,
} from "berth/channels";
import { createTestLogger } from "berth/testing";
import { createSubscriptions } from "../src/subscriptions";
import { recordSpans } from "../src/traces/spans";

const exporter = new InMemorySpanExporter();
const { logger, log } = createTestLogger();
const subscriptions = createSubscriptions(logger);

beforeAll(() => {
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  recordSpans(subscriptions, provider.getTracer("test"));
});
afterEach(() => exporter.reset());
afterAll(() => {
  subscriptions.end();
  for (const api of [trace, context, propagation]) api.disable();
});

const TRACE = "a".repeat(32);
const PARENT = "b".repeat(16);
const headers = () => ({ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "a=b" });

const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    parent: span.parentSpanContext?.spanId,
    traceId: span.spanContext().traceId,
    failure: span.attributes["error.type"],
    durationMs: span.duration[0] * 1000 + span.duration[1] / 1e6,
  }));

describe("the spans of a job", () => {
  it("are below the request that enqueued it, whose headers it passes on as its own", () => {
    const job: JobEvent = { name: "mail", attempt: 2, headers: headers(), startedAt: 0 };
    jobStart.publish(job);
    job.around?.(() => {
      const timed = { startedAt: performance.now() - 40, durationMs: 30 };
      statementEnd.publish({ text: "SELECT 1", ...timed });
      commandEnd.publish({ command: "get", ...timed, err: new TypeError("?") });
    });
    jobEnd.publish(
      Object.assign(job, { durationMs: 1, result: "failed" as const, err: new Error() }),
    );

    const own = /^00-a{32}-([\da-f]{16})-01$/.exec(job.headers.traceparent ?? "")?.[1];
    expect(own).not.toBe(PARENT);
    expect(job.headers.tracestate).toBe("a=b");
    const common = { traceId: TRACE };
    expect(spans()).toMatchObject([
      { ...common, name: "SELECT", parent: own, failure: undefined },
      { ...common, name: "GET", parent: own, failure: "TypeError" },
      { ...common, name: "job mail", parent: PARENT, failure: "Error" },
    ]);
    expect(spans()[0]?.durationMs).toBeCloseTo(30, 0);
  });
});

it("makes a statement outside of all work no trace of its own", () => {
  statementEnd.publish({ text: "SELECT 1", startedAt: 0, durationMs: 1 });
  expect(spans()).toEqual([]);
});

it("fails a call for statuses that are the server's fault only", () => {
  for (const code of ["NOT_FOUND", "INTERNAL"]) {
    const call: RpcEvent = { method: "/a.B/C", headers: headers(), startedAt: 0 };
    rpcStart.publish(call);
    rpcEnd.publish(Object.assign(call, { durationMs: 1, code }));
  }
  expect(spans().map(({ name, failure }) => [name, failure])).toEqual([
    ["a.B/C", undefined],
    ["a.B/C", "INTERNAL"],
  ]);
});

it("gives each attempt of a call a span, whose context is sent", () => {
  const attempt: AttemptEvent = {
    ...{ service: "stock", method: "GET", url: "https://stock/ships", attempt: 2, startedAt: 0 },
    headers: {},
  };
  attemptStart.publish(attempt);
  attemptEnd.publish(Object.assign(attempt, { durationMs: 1, err: { failure: "timeout" } }));
  const [span] = exporter.getFinishedSpans();
  const { traceId, spanId } = span!.spanContext();
  expect(attempt.headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
  expect(span?.attributes).toMatchObject({
    "server.address": "stock",
    "server.port": 443,
    "http.request.resend_count": 1,
    "error.type": "timeout",
  });
});

it("logs what is wrong in itself once, and harms nobody", () => {
  const wrong = { service: "stock", method: "GET", url: "no URL", attempt: 1, startedAt: 0 };
  attemptStart.publish({ ...wrong, headers: {} });
  attemptStart.publish({ ...wrong, headers: {} });
  expect(log).toEqual([
    expect.objectContaining({ msg: "telemetry has failed", channel: "berth:client.attempt.start" }),
  ]);
});
