// The traces of a real process, with collectors that work, and with some that do not.
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fetchAlone, stopProcesses } from "berth/testing";
import { type Collector, startCollector } from "../support/collector";
import { startService, warnings } from "../support/server";

const collectors: Collector[] = [];
afterEach(async () => {
  await stopProcesses();
  for (const collector of collectors.splice(0)) await collector.stop();
});

async function collect(respond?: (req: IncomingMessage, res: ServerResponse) => void) {
  const collector = await startCollector(respond);
  collectors.push(collector);
  return collector;
}

const traced = (url: string, env: Record<string, string> = {}) =>
  startService({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "20",
    ...env,
  });

/** Asks for a boat; returns the `traceparent` that its handler sees. */
async function traceOf(url: string, headers: Record<string, string> = {}): Promise<string> {
  const res = await fetch(`${url}/boats/1`, { headers: { Connection: "close", ...headers } });
  expect(res.status).toBe(200);
  return ((await res.json()) as { trace: string }).trace;
}

const TRACE = "a".repeat(32);
const SPAN = "b".repeat(16);

it("sends what is left in the drain, with the name and version of the service", async () => {
  const collector = await collect();
  const server = await traced(collector.url, { OTEL_BSP_SCHEDULE_DELAY: "600000" });
  await traceOf(server.url, { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "a=b" });
  server.child.kill("SIGTERM");
  expect(await server.exit).toBe(0);
  expect(collector.spans).toMatchObject([
    {
      name: "GET /boats/:id",
      traceId: TRACE,
      parentSpanId: SPAN,
      kind: 2,
      attributes: { "http.route": "/boats/:id", "url.path": "/boats/1" },
      resource: { "service.name": "berth-telemetry", "service.version": "0.2.0" },
    },
  ]);
  expect(warnings(server)).toEqual([]);
});

it("speaks Protobuf by default", async () => {
  const bodies: Buffer[] = [];
  const collector = await collect((req, res) => {
    void buffer(req).then((body) => {
      bodies.push(body);
      res.end();
    });
  });
  const server = await traced(collector.url, { OTEL_EXPORTER_OTLP_PROTOCOL: "" });
  await traceOf(server.url);
  await collector.until(({ requests }) => requests.length > 0);
  expect(collector.requests[0]?.url).toBe("/v1/traces");
  expect(collector.requests[0]?.headers["content-type"]).toBe("application/x-protobuf");
  server.child.kill("SIGTERM");
  expect(await server.exit).toBe(0);
  expect(Buffer.concat(bodies).toString("latin1")).toContain("GET /boats/:id");
});

describe("a traceparent", () => {
  it.each([
    ["malformed", { traceparent: "00-nonsense-01", tracestate: "a=b" }],
    ["of 12 kB", { traceparent: `00-${"a".repeat(12_000)}-${SPAN}-01` }],
    ["of zeros", { traceparent: `00-${"0".repeat(32)}-${SPAN}-01` }],
  ])("that is %s begins a trace of its own, which the log names", async (_case, headers) => {
    const collector = await collect();
    const server = await traced(collector.url);
    const seen = await traceOf(server.url, headers);
    expect(seen).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    await collector.until(({ spans }) => spans.length > 0);
    const [span] = collector.spans;
    expect(seen).toBe(`00-${span?.traceId}-${span?.spanId}-01`);
    expect(span?.parentSpanId ?? "").toBe("");
    const line = server.log().find(({ msg }) => msg === "request");
    expect(line?.traceId).toBe(span?.traceId);
  });

  it("is passed on without spans where the sampler takes none", async () => {
    const collector = await collect();
    const server = await traced(collector.url, { OTEL_TRACES_SAMPLER: "always_off" });
    expect(await traceOf(server.url, { traceparent: `00-${TRACE}-${SPAN}-01` })).toMatch(
      new RegExp(`^00-${TRACE}-[\\da-f]{16}-00$`),
    );
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(collector.requests).toEqual([]);
  });
});

describe("a collector", () => {
  const EXPORTED = /traces cannot be exported/;

  it.each<[string, (req: IncomingMessage, res: ServerResponse) => void]>([
    [
      "that responds 413",
      (req, res) => void req.resume().once("end", () => res.writeHead(413).end()),
    ],
    [
      "that responds 500",
      (req, res) => void req.resume().once("end", () => res.writeHead(500).end("{")),
    ],
    [
      "that sends 5 MB of garbage",
      (req, res) =>
        void req.resume().once("end", () => res.writeHead(400).end("x".repeat(5_000_000))),
    ],
    ["that hangs up", (req) => void req.socket.destroy()],
  ])("%s is warned of once, and keeps no request and no drain", async (_case, respond) => {
    const collector = await collect(respond);
    const server = await traced(collector.url, { OTEL_EXPORTER_OTLP_TIMEOUT: "100" });
    for (let i = 0; i < 20; i++) await traceOf(server.url);
    await server.line(EXPORTED);
    for (let i = 0; i < 20; i++) await traceOf(server.url);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(warnings(server)).toEqual([expect.stringMatching(EXPORTED)]);
  });

  it("that is not there is warned of once, and neither is a request nor a drain kept", async () => {
    const server = await traced("http://127.0.0.1:1", { OTEL_EXPORTER_OTLP_TIMEOUT: "100" });
    await traceOf(server.url);
    await server.line(EXPORTED);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(warnings(server)).toEqual([expect.stringMatching(EXPORTED)]);
  });

  it("that never responds does not keep the process from its end", async () => {
    const collector = await collect(() => undefined);
    const server = await traced(collector.url, { SHUTDOWN_TIMEOUT_MS: "3600000" });
    await traceOf(server.url);
    await collector.until(({ requests }) => requests.length > 0);
    await traceOf(server.url);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(warnings(server)).toEqual([]);
  });

  it("that responds 200 with garbage is believed", async () => {
    const collector = await collect(
      (req, res) => void req.resume().once("end", () => res.end("<html>no JSON")),
    );
    const server = await traced(collector.url);
    for (let i = 0; i < 20; i++) await traceOf(server.url);
    await collector.until(({ requests }) => requests.length > 1);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(warnings(server).length).toBeLessThanOrEqual(1);
  });

  it("that comes back gets spans again, which the log says", async () => {
    let isBroken = true;
    const collector = await collect((req, res) => {
      req.resume().once("end", () => res.writeHead(isBroken ? 400 : 200).end("{}"));
    });
    const server = await traced(collector.url);
    await traceOf(server.url);
    await server.line(EXPORTED);
    isBroken = false;
    await traceOf(server.url);
    await server.line(/traces are exported again/);
  });
});

describe("OTEL_… variables", () => {
  const NONSENSE = "nonsense \u2603";
  /** Those whose warning names them. */
  const NAMED = [
    ...["OTEL_TRACES_SAMPLER", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_COMPRESSION"],
    ...["OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"],
    ...["OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT"],
    ...["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"],
    ...["OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
    ...["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
    ...["OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT"],
    ...["OTEL_SPAN_LINK_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT"],
  ];
  /** Those whose warning says what could not be read. */
  const FILES = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: /root certificate file/,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: /client certificate private key file/,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: /client certificate chain file/,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: /Could not parse environment-provided export URL/,
  };
  /** Those that any text fits, or that are not read. */
  const OTHERS = [
    ...["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SDK_DISABLED", "OTEL_LOG_LEVEL"],
    ...["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_PROPAGATORS"],
    ...["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_NODE_RESOURCE_DETECTORS"],
  ];

  it("are all nonsense: the service serves and exports, and warns of each once", async () => {
    const collector = await collect((req, res) => void req.resume().once("end", () => res.end()));
    const all = [...NAMED, ...Object.keys(FILES), ...OTHERS];
    const env = Object.fromEntries(all.map((name) => [name, NONSENSE]));
    const server = await traced(collector.url, env);
    for (let i = 0; i < 3; i++) await traceOf(server.url);
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(collector.requests.length).toBeGreaterThan(0);
    const told = warnings(server);
    const count = (pattern: RegExp) => told.filter((text) => pattern.test(text)).length;
    expect(NAMED.filter((name) => count(new RegExp(`\\b${name}\\b`)) !== 1)).toEqual([]);
    expect(Object.values(FILES).filter((pattern) => count(pattern) !== 1)).toEqual([]);
    expect(told).toHaveLength(NAMED.length + Object.keys(FILES).length);
    expect(server.stderr()).toBe("");
  });

  it.each(["0", "-5", "0.5", "1e99"])(
    "of batches are %s: the defaults hold, and each warning says so",
    async (value) => {
      const collector = await collect();
      const server = await traced(collector.url, {
        OTEL_BSP_SCHEDULE_DELAY: value,
        OTEL_BSP_EXPORT_TIMEOUT: value,
        OTEL_BSP_MAX_QUEUE_SIZE: value,
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: value,
      });
      await traceOf(server.url);
      server.child.kill("SIGTERM");
      expect(await server.exit).toBe(0);
      expect(collector.spans).toHaveLength(1);
      const expected = `: expected a whole number from 1 to 2147483647, got ${Number(value)}; using `;
      expect(warnings(server)).toEqual(
        [
          ["SCHEDULE_DELAY", 5000],
          ["EXPORT_TIMEOUT", 30000],
          ["MAX_QUEUE_SIZE", 2048],
          ["MAX_EXPORT_BATCH_SIZE", 512],
        ].map(([name, fallback]) => `OTEL_BSP_${name}${expected}${fallback}`),
      );
      expect(server.stderr()).toBe("");
    },
  );
});

it("leaves the traces to another SDK that is loaded", async () => {
  const collector = await collect();
  const file = join(__dirname, "../support/other-sdk.js");
  const server = await traced(collector.url, { NODE_OPTIONS: `--require ${JSON.stringify(file)}` });
  await server.line(/another OpenTelemetry SDK is loaded/);
  expect(await traceOf(server.url)).toBeNull();
  server.child.kill("SIGTERM");
  expect(await server.exit).toBe(0);
  expect(collector.requests).toEqual([]);
});

it.each([
  ["no URL", { OTEL_EXPORTER_OTLP_ENDPOINT: "nonsense" }, 1],
  ["a URL of another scheme", { OTEL_EXPORTER_OTLP_ENDPOINT: "file:///etc" }, 1],
  ["an empty text", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, 0],
  ["a URL with OTEL_SDK_DISABLED", { OTEL_SDK_DISABLED: "true" }, 0],
  ["a URL with OTEL_TRACES_EXPORTER=none", { OTEL_TRACES_EXPORTER: "none" }, 0],
])("has no traces with %s as the endpoint", async (_case, env, count) => {
  const server = await traced("http://127.0.0.1:1", env);
  expect(await traceOf(server.url)).toBeNull();
  expect(warnings(server)).toHaveLength(count);
  expect((await fetchAlone(`${server.url}/livez`)).status).toBe(200);
});
