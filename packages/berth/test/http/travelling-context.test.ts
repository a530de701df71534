import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import request from "supertest";
import { createServiceClient } from "../../src/client/service-client";
import { createTestApp, createTestLogger, problem } from "../../src/testing/app";
import { watchTimeouts } from "../../src/testing/timers";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

/** An app whose route calls another service, and what that service receives. */
async function startPair() {
  const received: IncomingHttpHeaders[] = [];
  const late = new EventEmitter();
  const other = createServer((req, res) => {
    received.push(req.headers);
    // Responds only to a call that has the client's default time-out.
    if (Number(req.headers["x-envoy-expected-rq-timeout-ms"]) > 100_000) res.end();
    else late.emit("asked");
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { logger } = createTestLogger();
  const patient = { timeoutMs: 600_000, connectTimeoutMs: 600_000, silenceTimeoutMs: 600_000 };
  const client = createServiceClient({ name: "stock", url, logger, ...patient });
  closing.push(
    () => client.close(),
    () => other.close().closeAllConnections(),
  );
  const { app, log } = createTestApp((router) => {
    router.get("/", async (_req, res) => {
      await client.call({ method: "GET", path: "/" });
      res.end();
    });
  });
  return { app, log, received, late };
}

describe("a call to another service", () => {
  it("carries the ids of the request that it is made for", async () => {
    const { app, received } = await startPair();
    await request(app)
      .get("/")
      .set("X-Request-Id", "r1")
      .set("traceparent", TRACEPARENT)
      .set("tracestate", "vendor=1");
    expect(received).toEqual([
      expect.objectContaining({
        "x-request-id": "r1",
        traceparent: TRACEPARENT,
        tracestate: "vendor=1",
        "x-envoy-expected-rq-timeout-ms": expect.stringMatching(/^(5\d{5}|600000)$/) as string,
      }),
    ]);
  });

  it("does not pass on an invalid trace", async () => {
    const { app, received } = await startPair();
    await request(app).get("/").set("traceparent", "00-0-0-00").set("tracestate", "vendor=1");
    expect(received[0]).not.toHaveProperty("traceparent");
    expect(received[0]).not.toHaveProperty("tracestate");
  });

  it("drops a tracestate that is longer than required to be passed on", async () => {
    const { app, received } = await startPair();
    for (const length of [512, 513]) {
      await request(app)
        .get("/")
        .set("traceparent", TRACEPARENT)
        .set("tracestate", "x".repeat(length));
    }
    expect(received.map(({ tracestate }) => tracestate)).toEqual(["x".repeat(512), undefined]);
  });

  it("has no longer deadline than the caller", async () => {
    const { app, received, late } = await startPair();
    const endTimeout = watchTimeouts();
    late.once("asked", () => endTimeout(50_000));
    const res = await request(app)
      .get("/")
      .set("X-Request-Id", "r1")
      .set("x-envoy-expected-rq-timeout-ms", "100000");
    expect(Number(received[0]?.["x-envoy-expected-rq-timeout-ms"])).toBeLessThanOrEqual(100_000);
    expect([res.status, res.body]).toEqual([
      504,
      problem(504, "Gateway Timeout", { detail: "The stock service did not respond in time." }),
    ]);
  });
});

describe("a request whose deadline has passed", () => {
  it("gets 504 at once", async () => {
    const { app, log, received } = await startPair();
    const res = await request(app).get("/").set("x-envoy-expected-rq-timeout-ms", "0");
    const detail = "The caller's deadline passed before the request arrived.";
    expect([res.status, res.body]).toEqual([504, problem(504, "Gateway Timeout", { detail })]);
    expect(received).toEqual([]);
    // Any client can send this, so it is not logged as an error.
    expect(log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it.each(["-1", "1e3", "", "abc", "99999999999"])(
    "is not one with the header %j",
    async (value) => {
      const { app } = await startPair();
      const res = await request(app).get("/").set("x-envoy-expected-rq-timeout-ms", value);
      expect(res.status).toBe(200);
    },
  );
});
