import type { AddressInfo } from "node:net";
import { Router } from "express";
import request from "supertest";
import { readEnvironment } from "berth/config";
import {
  attemptEnd,
  circuitChange,
  commandEnd,
  idempotencyUsed,
  jobEnd,
  jobStart,
  poolCreated,
  poolWait,
  rateLimited,
  requestEnd,
  rpcEnd,
  rpcStart,
  statementEnd,
} from "berth/channels";
import { atEnd, problem } from "berth/testing";
import { counter, gauge, histogram } from "../src";
import { telemetryVariables } from "../src/variables";
import { endObserving, observedApp, TOKEN } from "./support/observed";

afterEach(endObserving);

describe("GET /metrics", () => {
  it("responds 404 without METRICS_TOKEN, also to other methods", async () => {
    const { app } = await observedApp(undefined, {});
    const body = problem(404, "Not Found", { detail: "There is nothing at this path." });
    expect((await request(app).get("/metrics").expect(404)).body).toEqual(body);
    expect((await request(app).post("/metrics").expect(404)).body).toEqual(body);
  });

  it.each([
    ["no token", undefined],
    ["another token", "Bearer test-token-012345678"],
    ["the token with another scheme", `Basic ${TOKEN}`],
  ])("responds 401 to %s", async (_case, authorization) => {
    const { app } = await observedApp();
    const asked = request(app).get("/metrics");
    const res = await (authorization ? asked.set("Authorization", authorization) : asked);
    expect([res.status, res.get("WWW-Authenticate"), res.type]).toEqual([
      401,
      "Bearer",
      "application/problem+json",
    ]);
    expect(res.body).toEqual(
      problem(401, "Unauthorized", { detail: "Send the token of METRICS_TOKEN." }),
    );
  });

  it("responds in Prometheus' format, or OpenMetrics where that is accepted", async () => {
    const { app } = await observedApp((router) =>
      router.get("/boats", (_req, res) => void res.end()),
    );
    await request(app).get("/boats").expect(200);
    rateLimited.publish({ result: "refused" });
    const ask = (accept: string) =>
      request(app).get("/metrics").auth(TOKEN, { type: "bearer" }).set("Accept", accept);

    const text = await ask("text/plain").expect("Content-Type", /^text\/plain; version=0\.0\.4/);
    expect(text.text).toContain("\n# TYPE berth_rate_limited_total counter\n");
    expect(text.text).toContain('\nberth_rate_limited_total{result="refused"} 1\n');
    const open = await ask("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
      .buffer(true)
      .parse((res, done) => {
        let body = "";
        res
          .on("data", (chunk: Buffer) => (body += chunk.toString()))
          .on("end", () => done(null, body));
      })
      .expect("Content-Type", /^application\/openmetrics-text; version=1\.0\.0/);
    expect(open.body).toContain("\n# TYPE berth_rate_limited counter\n");
    expect(open.body).toContain('\nberth_rate_limited_total{result="refused"} 1\n');
    expect(open.body).toMatch(/\n# EOF\n$/);
  });
});

describe("the metrics of requests", () => {
  it("name the pattern of the route, the status, and no word of the client", async () => {
    const boats = Router().get("/:id", (req, res) => void res.sendStatus(Number(req.params.id)));
    const { app, metric } = await observedApp((router) => {
      router.use("/boats", boats);
      router.use("/fleets/:fleet", Router().use("/a", boats).use("/b", boats));
    });
    await request(app).get("/boats/201");
    await request(app).get("/fleets/my-secret-fleet/a/202");
    await request(app).get("/nothing/here");
    await request(app).propfind("/boats/1");
    const counts = await metric("http_server_request_duration_seconds_count");
    expect(counts.sort()).toEqual(
      [
        ["GET", "", 404],
        ["GET", "*/:id", 201],
        ["GET", "*/:id", 202],
        ["_OTHER", "", 405],
      ].map(
        ([method, route, status]) =>
          `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"} 1`,
      ),
    );
  });

  it("name the method that was sent, also where middleware overrides it", async () => {
    const { app, metric } = await observedApp((router) => {
      router.use((req, _res, next) => {
        if (req.method === "POST") req.method = "DELETE";
        next();
      });
      router.delete("/boats", (_req, res) => void res.end());
    });
    await request(app).post("/boats").expect(200);
    expect(await metric("http_server_active_requests")).toEqual([
      'http_server_active_requests{http_request_method="POST"} 0',
      'http_server_active_requests{http_request_method="GET"} 1',
    ]);
    expect((await metric("http_server_request_duration_seconds_count"))[0]).toContain(
      '{http_request_method="POST",http_route="/boats",',
    );
  });

  it("count requests in flight, also of a client that leaves", async () => {
    let arrived: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (arrived = resolve));
    const { app, metric } = await observedApp((router) => router.get("/held", () => arrived()));
    const server = app.listen(0);
    atEnd(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const leave = new AbortController();
    const left = fetch(`http://127.0.0.1:${port}/held`, { signal: leave.signal }).catch(String);
    await isHeld;
    // The request for the metrics is one of them.
    const active = () => metric("http_server_active_requests");
    expect(await active()).toEqual(['http_server_active_requests{http_request_method="GET"} 2']);
    let end: (event: object) => void = () => undefined;
    const ended = new Promise<object>((resolve) => requestEnd.subscribe((end = resolve)));
    leave.abort();
    await Promise.all([left, ended]);
    // Channels belong to Node, which runs other test files in this process.
    requestEnd.unsubscribe(end);
    expect(await active()).toEqual(['http_server_active_requests{http_request_method="GET"} 1']);
    expect(await metric("http_server_request_duration_seconds_count")).toContainEqual(
      expect.stringContaining('http_route="/held",http_response_status_code="499"} 1'),
    );
  });
});

it("measures what the service uses", async () => {
  const { metric } = await observedApp();
  const timed = { startedAt: 0, durationMs: 20 };
  statementEnd.publish({ text: "SELECT 1", ...timed });
  statementEnd.publish({ text: " /* x */ -- y\n(select", ...timed, err: { code: "57014" } });
  commandEnd.publish({ command: "incr", ...timed });
  commandEnd.publish({ command: "no command\n", ...timed, err: new Error("?") });
  const attempt = { service: "stock", method: "GET", url: "http://stock/", headers: {}, ...timed };
  attemptEnd.publish({ ...attempt, attempt: 1, err: { problem: { status: 503 } } });
  attemptEnd.publish({ ...attempt, attempt: 2 });
  circuitChange.publish({ service: "stock", isOpen: true });
  poolCreated.publish({ stats: () => ({ size: 10, open: 4, idle: 1, waiting: 2 }) });
  poolCreated.publish({ stats: () => undefined });
  poolWait.publish({ durationMs: 7, isServed: false });
  idempotencyUsed.publish({ result: "repeated" });
  const rpc = { method: "/notes.v1.Notes/GetNote", headers: {}, startedAt: 0 };
  rpcStart.publish(rpc);
  rpcEnd.publish({ ...rpc, durationMs: 1, code: "OK" });
  const job = { name: "mail", attempt: 1, headers: {}, startedAt: 0 };
  jobStart.publish(job);
  jobStart.publish(job);
  jobEnd.publish({ ...job, durationMs: 1, result: "failed", err: new Error("?") });

  const of = async (name: string) => [
    name,
    (await metric(name)).map((line) => line.replace(process.version, "NODE")),
  ];
  expect([
    await of("db_client_operation_duration_seconds_count"),
    await of("http_client_request_duration_seconds_count"),
    await of("berth_client_retries_total"),
    await of("berth_circuit_open"),
    await of("db_client_connection_pending_requests"),
    await of("db_client_connections"),
    await of("db_client_connection_timeouts_total"),
    await of("berth_idempotent_requests_total"),
    await of("rpc_server_call_duration_seconds_count"),
    await of("berth_jobs_running"),
    await of("berth_job_duration_seconds_count"),
    await of("berth_build_info"),
    await of("berth_draining"),
  ]).toMatchInlineSnapshot(`
   [
     [
       "db_client_operation_duration_seconds_count",
       [
         "db_client_operation_duration_seconds_count{db_system_name="postgresql",db_operation_name="SELECT",error_type=""} 1",
         "db_client_operation_duration_seconds_count{db_system_name="postgresql",db_operation_name="SELECT",error_type="57014"} 1",
         "db_client_operation_duration_seconds_count{db_system_name="redis",db_operation_name="INCR",error_type=""} 1",
         "db_client_operation_duration_seconds_count{db_system_name="redis",db_operation_name="_OTHER",error_type="Error"} 1",
       ],
     ],
     [
       "http_client_request_duration_seconds_count",
       [
         "http_client_request_duration_seconds_count{service="stock",http_request_method="GET",error_type="503"} 1",
         "http_client_request_duration_seconds_count{service="stock",http_request_method="GET",error_type=""} 1",
       ],
     ],
     [
       "berth_client_retries_total",
       [
         "berth_client_retries_total{service="stock"} 1",
       ],
     ],
     [
       "berth_circuit_open",
       [
         "berth_circuit_open{service="stock"} 1",
       ],
     ],
     [
       "db_client_connection_pending_requests",
       [
         "db_client_connection_pending_requests 2",
       ],
     ],
     [
       "db_client_connections",
       [
         "db_client_connections{state="used"} 3",
         "db_client_connections{state="idle"} 1",
       ],
     ],
     [
       "db_client_connection_timeouts_total",
       [
         "db_client_connection_timeouts_total 1",
       ],
     ],
     [
       "berth_idempotent_requests_total",
       [
         "berth_idempotent_requests_total{result="repeated"} 1",
       ],
     ],
     [
       "rpc_server_call_duration_seconds_count",
       [
         "rpc_server_call_duration_seconds_count{rpc_method="notes.v1.Notes/GetNote",rpc_response_status_code="OK"} 1",
       ],
     ],
     [
       "berth_jobs_running",
       [
         "berth_jobs_running{job_name="mail"} 1",
       ],
     ],
     [
       "berth_job_duration_seconds_count",
       [
         "berth_job_duration_seconds_count{job_name="mail",result="failed"} 1",
       ],
     ],
     [
       "berth_build_info",
       [
         "berth_build_info{service="test",version="1.2.3",node="NODE"} 1",
       ],
     ],
     [
       "berth_draining",
       [
         "berth_draining 0",
       ],
     ],
   ]
  `);
});

describe("a metric of the service's own", () => {
  const placed = counter("orders_placed_total", "Orders.", ["country"]);
  const open = gauge("orders_open", "Open orders.");
  const size = histogram("order_size_bytes", "Sizes.", [], [10, 100]);

  it("does nothing without metrics", () => {
    placed.add({ country: "no" });
    open.set(3);
    size.observe(7);
  });

  it("is counted with them", async () => {
    const { metric } = await observedApp();
    placed.add({ country: "no" });
    placed.add({ country: "no" }, 2);
    placed.add({ country: "no" }, -1);
    placed.add({ country: "no" }, NaN);
    open.set(3);
    size.observe(7);
    expect(await metric("orders_placed_total")).toEqual(['orders_placed_total{country="no"} 3']);
    expect(await metric("orders_open")).toEqual(["orders_open 3"]);
    expect(await metric("order_size_bytes_bucket")).toEqual([
      'order_size_bytes_bucket{le="10"} 1',
      'order_size_bytes_bucket{le="100"} 1',
      'order_size_bytes_bucket{le="+Inf"} 1',
    ]);
  });

  it("has short label values in one line, and a bounded number of label sets, of which it warns once", async () => {
    const { metric, log } = await observedApp();
    placed.add({ country: "x".repeat(1_000_000) });
    placed.add({ country: 'a"\n\\b\0' });
    for (let i = 0; i < 10_000; i++) placed.add({ country: String(i) });
    const lines = await metric("orders_placed_total");
    expect(lines).toHaveLength(2001);
    expect(lines).toContain('orders_placed_total{country="a\\"\\n\\\\b\ufffd"} 1');
    expect(lines).toContain('orders_placed_total{country="_OTHER"} 8002');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(200);
    expect(log.filter(({ metric }) => metric === "orders_placed_total")).toHaveLength(1);
  });

  it.each([
    [
      "counter",
      () => counter("orders", ""),
      '"orders" is not a valid name of a counter: use lower-case letters, digits and _, and a name that ends in _total',
    ],
    [
      "gauge",
      () => gauge("Orders-open", ""),
      '"Orders-open" is not a valid name of a gauge: use lower-case letters, digits and _, and a name that does not end in _total',
    ],
    [
      "label",
      () => gauge("orders_new", "", ["le"]),
      '"le" is not a valid name of a label: use lower-case letters, digits and _, but not le',
    ],
    [
      "name that is taken",
      () => gauge("orders_open", ""),
      "The metric orders_open is already defined",
    ],
  ])("refuses a wrong %s", (_what, define, message) => {
    expect(define).toThrow(new TypeError(message));
  });
});

describe("the variables", () => {
  const read = (env: Record<string, string>) => () => readEnvironment(telemetryVariables, env);

  it.each([
    [
      { METRICS_TOKEN: "" },
      "METRICS_TOKEN: expected 8 ASCII characters or more, without spaces (openssl rand -hex 16); its value is not shown because it may contain a secret. Correct it, or unset it",
    ],
    [{ METRICS_TOKEN: "short" }, /^METRICS_TOKEN: expected 8 ASCII/],
    [{ METRICS_TOKEN: "with a space" }, /^METRICS_TOKEN: expected 8 ASCII/],
    [
      { METRICS_PORT: "x" },
      'METRICS_PORT: expected a whole number from 0 to 65535; got "x". Correct it, or unset it',
    ],
  ])("refuse %j with the cure", (env, message) => {
    expect(read(env as never)).toThrow(message);
  });

  it("may be unset, and OpenTelemetry's is not refused: it warns itself", () => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "nonsense" })()).toEqual({
      METRICS_TOKEN: undefined,
      METRICS_PORT: undefined,
      OTEL_EXPORTER_OTLP_ENDPOINT: "nonsense",
    });
  });
});
