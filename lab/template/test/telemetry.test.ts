// One trace over processes: feed calls web, which asks PostgreSQL; a gRPC call asks it as well.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import {
  asServer,
  type LogLine,
  startMigratedPostgres,
  startSource,
  stopProcesses,
} from "berth/testing";
import { loadProtos } from "berth-grpc";
import { createClient } from "berth-grpc/testing";
import {
  type Collector,
  startCollector,
  treeOf,
} from "../../../packages/berth-telemetry/test/support/collector";
import { testEnv } from "../../../test/support/env";

/** A trace that a client has begun, and the span that it calls from. */
const TRACE = "a".repeat(32);
const PARENT = "b".repeat(16);

let collector: Collector;
let databaseUrl: string;
beforeAll(async () => {
  collector = await startCollector();
  ({ url: databaseUrl } = await startMigratedPostgres());
});
afterAll(async () => {
  await stopProcesses();
  await collector.stop();
});

const start = (name: string, env: Record<string, string> = {}) =>
  asServer(
    startSource(`src/${name}.ts`, {
      PORT: "0",
      ...testEnv,
      DATABASE_URL: databaseUrl,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "50",
      OTEL_SERVICE_NAME: name,
      ...env,
    }),
  );

const ofTrace = () => collector.spans.filter(({ traceId }) => traceId === TRACE);

/** The trace ids in the lines of requests and calls. */
const traceIdsIn = (log: LogLine[]) =>
  log.filter(({ msg }) => msg === "request" || msg === "call").map(({ traceId }) => traceId);

it("follows a request from feed over web to its database, with one trace id in all logs", async () => {
  const web = await start("server");
  const feed = await start("feed", { NOTES_URL: web.url });

  const res = await fetch(`${feed.url}/notes.atom`, {
    headers: { traceparent: `00-${TRACE}-${PARENT}-01` },
  });
  expect(res.status).toBe(200);
  await collector.until(() => ofTrace().length >= 4);

  expect(treeOf(ofTrace())).toBe(
    [
      "server GET /notes.atom",
      "  client GET notes",
      "    server GET /notes",
      "      client SELECT",
    ].join("\n"),
  );
  const [root] = ofTrace().filter(({ resource }) => resource["service.name"] === "feed");
  expect(ofTrace().map(({ parentSpanId }) => parentSpanId)).toContain(PARENT);
  expect(root?.resource).toMatchObject({ "service.version": "0.1.0" });
  const sql = ofTrace().find(({ name }) => name === "SELECT");
  expect(sql?.attributes["db.query.text"]).toContain("FROM notes");
  expect([traceIdsIn(feed.log()), traceIdsIn(web.log())]).toEqual([[TRACE], [TRACE]]);
});

it("follows a gRPC call to the database; the trace that begins with it is in the log", async () => {
  const grpc = await start("grpc");
  const protos = loadProtos(join(__dirname, "../../../src/features/notes/notes.proto"));
  const rpc = createClient(grpc.port, protos);

  await rpc.unary("Notes.CreateNote", { title: "Anchor", body: "Down" });
  rpc.client.close();
  const spansOfGrpc = () =>
    collector.spans.filter(({ resource }) => resource["service.name"] === "grpc");
  await collector.until(() => spansOfGrpc().length >= 2);

  expect(treeOf(spansOfGrpc())).toBe(
    ["server notes.v1.Notes/CreateNote", "  client INSERT"].join("\n"),
  );
  const call = spansOfGrpc().find(({ kind }) => kind === 2);
  expect(call?.attributes["rpc.response.status_code"]).toBe("OK");
  expect(traceIdsIn(grpc.log())).toEqual([call?.traceId]);
});

const PROMTOOL = "/usr/bin/promtool";
const isInstalled = spawnSync(PROMTOOL, ["--version"]).status === 0;
const describeWithPromtool = isInstalled ? describe : describe.skip;

describeWithPromtool(
  `promtool check metrics${isInstalled ? "" : ` (skipped: ${PROMTOOL} is not there)`}`,
  () => {
    it.each(["text/plain", "application/openmetrics-text"])(
      "takes what is sent for %s",
      async (type) => {
        const web = await start("server", { METRICS_TOKEN: "0123456789abcdef" });
        await fetch(`${web.url}/notes`);
        await fetch(`${web.url}/readyz`);
        const headers = { Authorization: "Bearer 0123456789abcdef", Accept: type };
        const input = await (await fetch(`${web.url}/metrics`, { headers })).text();
        expect(input).toContain('http_route="/notes"');
        expect(input).toContain('db_client_connections{state="idle"} 1');
        // It reads Prometheus' format only, of which OpenMetrics differs in the names of counters' families.
        const read = input.replaceAll(
          /^# (HELP|TYPE) (\S+)(?= (?:counter$|\S))/gm,
          (line, kind: string, name: string) =>
            input.includes(`\n${name}_total`) ? `# ${kind} ${name}_total` : line,
        );
        const { status, stdout, stderr } = spawnSync(PROMTOOL, ["check", "metrics"], {
          input: read.replace("# EOF\n", ""),
          encoding: "utf8",
        });
        expect([status, stdout, stderr]).toEqual([0, "", ""]);
      },
    );
  },
);
