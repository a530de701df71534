// Worker processes that are stopped, killed, and lose their database.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { enqueue } from "../../src/jobs/enqueue";
import { describeJob } from "../../src/jobs/job-type";
import type { Database } from "../../src/postgres/database";
import { emptyFolder } from "../../src/testing/cleanup";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { startCommand, stopProcesses, type TestProcess } from "../../src/testing/process";
import { COMPILED } from "../support/built";
import { attach } from "../support/database";
import { createTables, storedJobs } from "../support/jobs";
import { startPostgresFront } from "../support/postgres-front";

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  await createTables(postgres.url);
  database = attach(postgres.url, 60_000);
  await database.query("CREATE TABLE mails (recipient text)");
});
afterEach(async () => {
  await stopProcesses();
  await database.query("DELETE FROM graphile_worker._private_jobs");
  await database.query("DELETE FROM berth_jobs.workers");
  await database.query("DELETE FROM mails");
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

const send = describeJob({ name: "send", payload: v.object({ to: v.string() }) });
const plain = describeJob({ name: "plain", payload: v.object({}) });
const kill = describeJob({ name: "kill", payload: v.object({}), maxAttempts: 2 });
const crash = describeJob({ name: "crash", payload: v.object({}), maxAttempts: 1 });

/** `send` waits for SIGUSR2, and has its effect in the transaction that completes it; `plain` waits for SIGCONT. */
const PROGRAM = `
const compiled = (path) => require(${JSON.stringify(COMPILED)} + "/" + path);
compiled("process/early");
const { attachServices } = compiled("exports/backing");
const { attachDatabase } = compiled("exports/postgres");
const { describeJob, handleJob, jobVariables, runWorker } = compiled("exports/jobs");
const v = require(${JSON.stringify(require.resolve("valibot"))});
const payload = v.looseObject({});
void runWorker(jobVariables, ({ config, logger }) => {
  const options = { config, logger, name: "worker" };
  const { attached, services } = attachServices({ database: attachDatabase }, options);
  const { database } = services;
  const handle = (name, run) => handleJob(describeJob({ name, payload }), run);
  const received = (name) => new Promise((resolve) => process.once(name, resolve));
  const aborted = ({ signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const send = async ({ to }, job) => {
    const mayEnd = received("SIGUSR2");
    logger.info("begun");
    await Promise.race([mayEnd, aborted(job)]);
    await database.transaction(async (tx) => {
      await tx.query("INSERT INTO mails VALUES ($1)", [to]);
      await job.complete(tx);
    });
  };
  const plain = async () => {
    const mayEnd = received("SIGCONT");
    logger.info("plain begun");
    await mayEnd;
  };
  const kill = () => process.kill(process.pid, "SIGKILL");
  const crash = () => new Promise(() => setImmediate(() => { throw new Error("boom"); }));
  return {
    attached,
    handlers: [handle("send", send), handle("plain", plain), handle("kill", kill), handle("crash", crash)],
  };
});
`;

function start(env: Record<string, string> = {}): TestProcess {
  const file = join(emptyFolder(), "worker.js");
  writeFileSync(file, PROGRAM);
  const limits = {
    DATABASE_CONNECT_TIMEOUT_MS: "60000",
    DATABASE_STATEMENT_TIMEOUT_MS: "60000",
    // For tests that wait for it; the others must not see its end on a busy machine.
    JOB_LEASE_MS: "60000",
  };
  const command = [process.execPath, file];
  return startCommand(command, { DATABASE_URL: postgres.url, ...limits, ...env }, emptyFolder());
}

/** Lets the job `send` that a worker runs end. */
async function letSendEnd(worker: TestProcess): Promise<void> {
  await worker.line(/"begun"/);
  worker.child.kill("SIGUSR2");
}
const mails = () => database.query("SELECT recipient FROM mails");

describe("a worker process", () => {
  it("runs jobs until SIGTERM, and exits 0", async () => {
    const worker = start();
    const id = await enqueue(database, send, { to: "Ada" });
    await letSendEnd(worker);
    expect(JSON.parse(await worker.line(/job done/))).toMatchObject({
      level: "info",
      job: "send",
      jobId: id,
      attempt: 1,
    });
    worker.child.kill("SIGTERM");
    expect(await worker.exit).toBe(0);
    expect(await mails()).toEqual([{ recipient: "Ada" }]);
    expect(await storedJobs(database)).toEqual([]);
    expect(worker.stderr()).toBe("");
  });

  it("hands back what does not end before SHUTDOWN_TIMEOUT_MS, and another one runs it at once", async () => {
    const worker = start({ SHUTDOWN_TIMEOUT_MS: "1000" });
    await enqueue(database, send, { to: "Ada" });
    await worker.line(/begun/);
    const other = start();
    await other.line(/takes jobs/);
    worker.child.kill("SIGTERM");
    expect(await worker.exit).toBe(0);
    await worker.line(/handed back/);
    await letSendEnd(other);
    expect(JSON.parse(await other.line(/job done/))).toMatchObject({ attempt: 1 });
    expect(await mails()).toHaveLength(1);
  });

  it("is replaced after kill -9: another one takes over its jobs", async () => {
    const worker = start({ JOB_LEASE_MS: "1000" });
    await enqueue(database, send, { to: "Ada" });
    await worker.line(/begun/);
    worker.child.kill("SIGKILL");
    await worker.exit;
    const other = start({ JOB_LEASE_MS: "1000" });
    await other.line(/a worker has died/);
    await letSendEnd(other);
    expect(JSON.parse(await other.line(/job done/))).toMatchObject({ attempt: 2 });
    expect(await mails()).toHaveLength(1);
  });

  it("is not killed for ever by a job that kills it", async () => {
    const id = await enqueue(database, kill, {});
    for (const attempt of [1, 2]) {
      expect({ attempt, exit: await start({ JOB_LEASE_MS: "1000" }).exit }).toEqual({
        attempt,
        exit: "SIGKILL",
      });
    }
    const last = start({ JOB_LEASE_MS: "1000" });
    expect(JSON.parse(await last.line(/a worker has died/))).toMatchObject({
      jobs: [{ id, name: "kill", attempts: 2, maxAttempts: 2 }],
    });
    const error = "The worker died while it ran this job, in the last attempt";
    expect(await storedJobs(database)).toEqual([{ name: "kill", attempts: 2, error }]);
  });

  it("ends with 1 after an uncaught error, and leaves the job to its lease", async () => {
    await enqueue(database, crash, {});
    const worker = start({ JOB_LEASE_MS: "1000" });
    expect(await worker.exit).toBe(1);
    await worker.line(/left to other workers/);
    const other = start({ JOB_LEASE_MS: "1000" });
    await other.line(/a worker has died/);
    expect(await storedJobs(database)).toMatchObject([{ name: "crash", attempts: 1 }]);
  });

  it("outlives an outage of its database, and writes the end of its jobs then", async () => {
    const front = await startPostgresFront(new URL(postgres.url), {});
    const url = new URL(postgres.url);
    [url.hostname, url.port] = ["localhost", String(front.port)];
    const limits = { JOB_LEASE_MS: "1000", DATABASE_CONNECT_TIMEOUT_MS: "2000" };
    const worker = start({ DATABASE_URL: url.href, ...limits });
    await enqueue(database, send, { to: "Ada" });
    const id = await enqueue(database, plain, {});
    await worker.line(/"begun"/);
    await worker.line(/"plain begun"/);
    front.interrupt();
    await worker.line(/the database is not available/);
    worker.child.kill("SIGCONT");
    expect(JSON.parse(await worker.line(/job done/))).toMatchObject({ job: "plain", jobId: id });
    front.resume();
    await worker.line(/can use the database again/);
    await letSendEnd(worker);
    await worker.line(/"send".*job done/);
    expect(await mails()).toHaveLength(1);
    worker.child.kill("SIGTERM");
    expect(await worker.exit).toBe(0);
    expect(await storedJobs(database)).toEqual([]);
    expect(worker.lines.filter((line) => line.includes('"plain begun"'))).toHaveLength(1);
    await front.close();
  });
});
