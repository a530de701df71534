// A worker in a process that also serves HTTP: its probes, an open stream of events, and the end of both.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { enqueue } from "../../src/jobs/enqueue";
import { describeJob } from "../../src/jobs/job-type";
import type { Database } from "../../src/postgres/database";
import { emptyFolder } from "../../src/testing/cleanup";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import {
  asServer,
  fetchAlone,
  startCommand,
  stopProcesses,
  type TestServer,
} from "../../src/testing/process";
import { COMPILED } from "../support/built";
import { attach } from "../support/database";
import { createTables, storedJobs } from "../support/jobs";

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  await createTables(postgres.url);
  database = attach(postgres.url, 60_000);
});
afterEach(stopProcesses);
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

const held = describeJob({ name: "held", payload: v.object({}) });

/** As docs/jobs.md says: the worker's `check` is among what `/readyz` asks. The job ends at SIGCONT. */
const PROGRAM = `
const compiled = (path) => require(${JSON.stringify(COMPILED)} + "/" + path);
compiled("process/early");
const { createAppService } = compiled("exports/http");
const { eventStream } = compiled("exports/schema");
const { sendEvents } = compiled("exports/api");
const { httpVariables } = compiled("exports/config");
const { createJobWorker, describeJob, handleJob, jobVariables } = compiled("exports/jobs");
const { serve } = compiled("exports/process");
const { createTestApp } = compiled("exports/testing");
const v = require(${JSON.stringify(require.resolve("valibot"))});
void serve({ ...httpVariables, ...jobVariables }, ({ config, logger, target, draining, run }) => {
  const held = describeJob({ name: "held", payload: v.object({}) });
  const handler = handleJob(held, async () => {
    const mayEnd = new Promise((resolve) => process.once("SIGCONT", resolve));
    logger.info("begun");
    await mayEnd;
  });
  const worker = createJobWorker({ config, logger, handlers: [handler] });
  const defineRoutes = (router) => router.get("/events", async (_req, res) => {
    const stream = eventStream({ tick: v.number() });
    await sendEvents(res, stream, async function* () {
      yield { event: "tick", data: 1 };
      await new Promise(() => undefined);
    }, { draining });
  });
  const attached = { worker: { check: worker.check, isRequired: true } };
  const { app } = createTestApp(defineRoutes, { logger, draining, attached });
  return run([worker, createAppService({ name: "web", app, config, logger, target })]);
});
`;

function start(): Promise<TestServer> {
  const file = join(emptyFolder(), "server.js");
  writeFileSync(file, PROGRAM);
  const limits = {
    DATABASE_CONNECT_TIMEOUT_MS: "60000",
    DATABASE_STATEMENT_TIMEOUT_MS: "60000",
    JOB_LEASE_MS: "60000",
    SHUTDOWN_TIMEOUT_MS: "60000",
  };
  const env = { PORT: "0", DATABASE_URL: postgres.url, ...limits };
  return asServer(startCommand([process.execPath, file], env, emptyFolder()));
}

describe("a worker in a process that serves", () => {
  it("has probes, and is ready once it takes jobs", async () => {
    await database.query("ALTER SCHEMA berth_jobs RENAME TO hidden");
    const server = await start();
    try {
      await server.line(/has no tables for jobs/);
      expect((await fetchAlone(`${server.url}/livez`)).status).toBe(200);
      const unready = await fetchAlone(`${server.url}/readyz`);
      expect(unready.status).toBe(503);
      expect(await unready.json()).toMatchObject({ checks: { worker: "failed" } });
    } finally {
      await database.query("ALTER SCHEMA hidden RENAME TO berth_jobs");
    }
    const other = await start();
    await other.line(/takes jobs/);
    for (;;) {
      const ready = await fetchAlone(`${other.url}/readyz`);
      if (ready.status === 503) continue;
      expect(await ready.json()).toEqual({ status: "ok", checks: { worker: "ok" } });
      break;
    }
    for (const { child, exit } of [server, other]) {
      child.kill("SIGTERM");
      expect(await exit).toBe(0);
    }
  });

  it("ends an open stream of events and its job at SIGTERM, and exits 0", async () => {
    await enqueue(database, held, {});
    const server = await start();
    await server.line(/"begun"/);
    const events = await fetch(`${server.url}/events`);
    server.child.kill("SIGTERM");
    // Resolves only if the stream ends as a whole, which a cut connection would not.
    expect(await events.text()).toBe("event: tick\ndata: 1\n\n");
    server.child.kill("SIGCONT");
    expect(await server.exit).toBe(0);
    expect(await storedJobs(database)).toEqual([]);
    const lines = server.log().map(({ msg }) => msg as string);
    const [listening, running] = ["web is listening", "worker is running"].map((text) =>
      lines.findIndex((line) => line.startsWith(text)),
    ) as [number, number];
    expect(listening).toBeGreaterThanOrEqual(0);
    expect(running).toBeGreaterThan(listening);
  });
});
