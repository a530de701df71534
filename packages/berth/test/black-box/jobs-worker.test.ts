import * as v from "valibot";
import { cronJob } from "../../src/jobs/cron-lines";
import { enqueue, enqueueAll } from "../../src/jobs/enqueue";
import { UnrecoverableError } from "../../src/jobs/errors";
import { handleJob, type RunningJob } from "../../src/jobs/handler";
import { describeJob } from "../../src/jobs/job-type";
import { completeJob } from "../../src/jobs/statements";
import { log } from "../../src/process/log";
import { currentContext, runInWorkContext } from "../../src/process/work-context";
import type { Database } from "../../src/postgres/database";
import { createTestLogger } from "../../src/testing/app";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";
import { watchTimeouts } from "../../src/testing/timers";
import { attach } from "../support/database";
import { createTables, startWorker, stopWorker, stopWorkers, storedJobs } from "../support/jobs";

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  await createTables(postgres.url);
  database = attach(postgres.url, 60_000);
  await database.query("CREATE TABLE mails (recipient text)");
});
afterEach(() => stopWorkers(database));
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

const start = (
  ...[options, env]: Parameters<typeof startWorker> extends [string, ...infer R] ? R : never
) => startWorker(postgres.url, options, env);

const remind = describeJob({ name: "remind", payload: v.object({ to: v.string() }) });

/** A promise, and what resolves it. */
function deferred<T = void>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((r) => (resolve = r));
  return { promise, resolve };
}

/** Never resolves; rejects when the job has to end. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error)),
  );

/** Resolves once the query has rows. */
async function until(query: string): Promise<object[]> {
  for (;;) {
    const rows = await database.query(query);
    if (rows.length > 0) return rows;
  }
}

describe("a job", () => {
  it("runs with its payload, and leaves nothing behind", async () => {
    const seen = deferred<[{ to: string }, RunningJob]>();
    const worker = await start({
      handlers: [handleJob(remind, (...run) => seen.resolve(run))],
    });
    const id = await enqueue(database, remind, { to: "Ada" });
    const [payload, job] = await seen.promise;
    expect(payload).toEqual({ to: "Ada" });
    expect(job).toMatchObject({ id, name: "remind", attempt: 1, maxAttempts: 10 });
    expect(await worker.line(/^job done/)).toEqual({
      level: "info",
      time: expect.any(Number) as number,
      job: "remind",
      jobId: id,
      attempt: 1,
      durationMs: expect.any(Number) as number,
      msg: "job done",
    });
    await stopWorker(worker);
    expect(await storedJobs(database)).toEqual([]);
    expect(await database.query("SELECT FROM berth_jobs.workers")).toEqual([]);
    expect(worker.log.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("does not exist if the transaction that enqueued it is rolled back", async () => {
    const work = database.transaction(async (tx) => {
      await enqueue(tx, remind, { to: "Ada" });
      throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    expect(await storedJobs(database)).toEqual([]);
  });

  it("has its effect once if it completes in the effect's transaction, even if another run has it", async () => {
    const results = deferred<unknown[]>();
    await start({
      handlers: [
        handleJob(remind, async ({ to }, job) => {
          const send = () =>
            database.transaction(async (tx) => {
              await tx.query("INSERT INTO mails VALUES ($1)", [to]);
              await job.complete(tx);
            });
          results.resolve(await Promise.allSettled([send(), send()]));
        }),
      ],
    });
    await enqueue(database, remind, { to: "once" });
    expect((await results.promise).map((one) => (one as { status: string }).status).sort()).toEqual(
      ["fulfilled", "rejected"],
    );
    expect(await database.query("SELECT FROM mails WHERE recipient = 'once'")).toHaveLength(1);
  });

  it("is done once its completion is committed, whatever its handler does after that", async () => {
    const worker = await start({
      handlers: [
        handleJob(remind, async (_payload, job) => {
          await database.transaction((tx) => job.complete(tx));
          throw new Error("too late");
        }),
      ],
    });
    await enqueue(database, remind, { to: "Ada" });
    expect(await worker.line(/^job done/)).toMatchObject({
      level: "warn",
      msg: "job done, but its handler failed after it was complete",
      err: { message: "too late" },
    });
    await stopWorker(worker);
    expect(await storedJobs(database)).toEqual([]);
    expect(worker.log.filter(({ msg }) => /failed,|interrupted/.test(String(msg)))).toEqual([]);
  });

  it("is tried again if the transaction of its completion was rolled back", async () => {
    const worker = await start({
      handlers: [
        handleJob(remind, (_payload, job) =>
          database.transaction(async (tx) => {
            await job.complete(tx);
            throw new Error("rolled back");
          }),
        ),
      ],
    });
    await enqueue(database, remind, { to: "Ada" });
    expect(await worker.line(/will be tried again/)).toMatchObject({
      err: { message: "rolled back" },
    });
    await stopWorker(worker);
    expect(await storedJobs(database)).toEqual([
      { name: "remind", attempts: 1, error: "rolled back" },
    ]);
  });

  it("cannot be completed any more once its run has failed", async () => {
    const [failed, late] = [deferred(), deferred<unknown>()];
    const worker = await start({
      handlers: [
        handleJob(remind, (_payload, job) => {
          void failed.promise
            .then(() => database.transaction((tx) => job.complete(tx)))
            .catch(late.resolve);
          throw new Error("no luck");
        }),
      ],
    });
    await enqueue(database, remind, { to: "Ada" });
    await worker.line(/will be tried again/);
    failed.resolve();
    expect(await late.promise).toMatchObject({ name: "JobLostError" });
  });

  it("cannot be completed by a run that has lost it", async () => {
    const run = { id: "1", attempts: 1, locked_by: "gone" };
    await expect(completeJob(database, run)).rejects.toThrow("was taken from this run");
  });

  it("is tried again with a back-off, and kept after the last attempt", async () => {
    const worker = await start({
      handlers: [
        handleJob(remind, (_payload, { attempt }) => {
          throw new Error(`no luck ${attempt}`);
        }),
      ],
    });
    await enqueue(database, remind, { to: "Ada" }, { maxAttempts: 2 });
    expect(await worker.line(/will be tried again/)).toMatchObject({
      level: "warn",
      maxAttempts: 2,
      err: { message: "no luck 1" },
    });
    const [row] = await until(
      "SELECT run_at > now() AS later FROM graphile_worker.jobs WHERE locked_by IS NULL",
    );
    expect(row).toEqual({ later: true });
    await database.query("UPDATE graphile_worker._private_jobs SET run_at = now()");
    expect(await worker.line(/for the last time/)).toMatchObject({
      level: "error",
      err: { message: "no luck 2" },
    });
    await stopWorker(worker);
    expect(await storedJobs(database)).toEqual([
      { name: "remind", attempts: 2, error: "no luck 2" },
    ]);
  });

  it("is kept at once when its payload does not match the schema any more", async () => {
    const worker = await start({ handlers: [handleJob(remind, () => Promise.resolve())] });
    const before = describeJob({ name: "remind", payload: v.object({ to: v.number() }) });
    await enqueue(database, before, { to: 5 });
    const message =
      "The payload does not match the schema of the job remind: to must be of type string";
    expect(await worker.line(/no retry can help/)).toMatchObject({
      level: "error",
      err: { message },
    });
    await stopWorker(worker);
    expect(await storedJobs(database)).toEqual([{ name: "remind", attempts: 10, error: message }]);
  });

  it("is kept at once after an UnrecoverableError", async () => {
    const worker = await start({
      handlers: [handleJob(remind, () => Promise.reject(new UnrecoverableError("gone")))],
    });
    await enqueue(database, remind, { to: "Ada" });
    await worker.line(/no retry can help/);
    await stopWorker(worker);
    expect(await storedJobs(database)).toEqual([{ name: "remind", attempts: 10, error: "gone" }]);
  });

  it("fails when it does not end in time, and is told so", async () => {
    const [begun, aborted] = [deferred(), deferred<unknown>()];
    const timeoutMs = 10_000_000;
    const long = describeJob({ name: "long", payload: v.object({}), timeoutMs });
    const endTimer = watchTimeouts();
    const worker = await start({
      handlers: [
        handleJob(long, async (_payload, { signal }) => {
          begun.resolve();
          await untilAborted(signal).catch(aborted.resolve);
        }),
      ],
    });
    await enqueue(database, long, {}, { maxAttempts: 1 });
    await begun.promise;
    endTimer(timeoutMs);
    expect(await aborted.promise).toMatchObject({ name: "JobTimeoutError" });
    await worker.line(/for the last time/);
    expect(await worker.line(/ended only now/)).toMatchObject({ level: "warn" });
  });

  it("has the context of the request that enqueued it", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const headers = { "x-request-id": "abc", traceparent };
    const context = {
      ...createTestLogger(),
      fields: () => ({}),
      headersToPropagate: () => headers,
    };
    const seen = deferred<unknown>();
    const worker = await start({
      handlers: [
        handleJob(remind, () => {
          log.info("within the job");
          seen.resolve(currentContext()?.headersToPropagate?.());
        }),
      ],
    });
    const id = await new Promise<string>((resolve, reject) =>
      runInWorkContext(context, () => {
        enqueue(database, remind, { to: "Ada" }).then(resolve, reject);
      }),
    );
    expect(await seen.promise).toEqual(headers);
    const fields = { job: "remind", jobId: id, attempt: 1, requestId: "abc" };
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    expect(await worker.line(/within the job/)).toMatchObject({ ...fields, traceId });
    expect(await worker.line(/job done/)).toMatchObject({ ...fields, traceId });
  });

  it("replaces the one that waits with the same key", async () => {
    const later = new Date(Date.now() + 3_600_000);
    const first = await enqueue(database, remind, { to: "Ada" }, { key: "a", runAt: later });
    const second = await enqueue(database, remind, { to: "Bob" }, { key: "a", runAt: later });
    const other = await enqueue(database, remind, { to: "Eve" }, { key: "b", runAt: later });
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(await storedJobs(database)).toHaveLength(2);
  });

  it("is one of many that are enqueued together, in the order of their payloads", async () => {
    const runAt = new Date(Date.now() + 3_600_000);
    const payloads = Array.from({ length: 1000 }, (_, index) => ({ to: `client ${index % 999}` }));
    const ids = await enqueueAll(database, remind, payloads, { runAt, key: ({ to }) => to });
    expect(ids[999]).toBe(ids[0]);
    expect(ids.slice(0, 999)).toEqual(ids.slice(0, 999).toSorted((a, b) => Number(a) - Number(b)));
    const stored = await database.query<{ id: string; to: string }>(
      "SELECT id, payload #>> '{payload,to}' AS to FROM graphile_worker._private_jobs ORDER BY id",
    );
    expect(stored).toEqual(payloads.slice(0, 999).map(({ to }, index) => ({ id: ids[index], to })));
  });

  it("of an unknown type is left to other workers", async () => {
    const other = describeJob({ name: "other", payload: v.object({}) });
    const done = deferred();
    await enqueue(database, other, {});
    await enqueue(database, remind, { to: "Ada" });
    await start({ handlers: [handleJob(remind, () => done.resolve())] });
    await done.promise;
    const [job] = await storedJobs(database);
    expect(job).toEqual({ name: "other", attempts: 0, error: null });
  });
});

describe("a worker that drains", () => {
  it("lets a job end", async () => {
    const [begun, end] = [deferred(), deferred()];
    const worker = await start({
      handlers: [handleJob(remind, async () => (begun.resolve(), end.promise))],
    });
    await enqueue(database, remind, { to: "Ada" });
    await begun.promise;
    const drained = stopWorker(worker);
    end.resolve();
    await drained;
    expect(await worker.line(/job done/)).toBeDefined();
    expect(await storedJobs(database)).toEqual([]);
  });

  it("hands back a job that does not end, as if it had not been tried", async () => {
    const begun = deferred();
    const worker = await start({
      handlers: [
        handleJob(remind, async (_payload, { signal }) => {
          begun.resolve();
          await untilAborted(signal);
        }),
      ],
    });
    const id = await enqueue(database, remind, { to: "Ada" });
    await begun.promise;
    await stopWorker(worker, 200);
    expect(await worker.line(/handed back/)).toMatchObject({ jobs: [id] });
    expect(await storedJobs(database)).toEqual([{ name: "remind", attempts: 0, error: null }]);
    const again = deferred<number>();
    await start({ handlers: [handleJob(remind, (_to, job) => again.resolve(job.attempt))] });
    expect(await again.promise).toBe(1);
  });

  it("does not hand back what is complete, though its handler has not ended", async () => {
    const complete = deferred();
    const worker = await start({
      handlers: [
        handleJob(remind, async (_payload, job) => {
          await database.transaction((tx) => job.complete(tx));
          complete.resolve();
          await untilAborted(job.signal);
        }),
      ],
    });
    await enqueue(database, remind, { to: "Ada" });
    await complete.promise;
    await stopWorker(worker, 200);
    expect(await worker.line(/^job done/)).toMatchObject({ level: "warn" });
    expect(worker.log.filter(({ msg }) => /handed back|interrupted/.test(String(msg)))).toEqual([]);
    expect(await storedJobs(database)).toEqual([]);
  });

  it("takes no more jobs, though other services of its process still drain", async () => {
    const [begun, end] = [deferred(), deferred()];
    const worker = await start(
      { handlers: [handleJob(remind, () => (begun.resolve(), end.promise))] },
      { JOB_CONCURRENCY: "1", JOB_LEASE_MS: "1000" },
    );
    await enqueue(database, remind, { to: "Ada" });
    await begun.promise;
    worker.beginDrain();
    await enqueue(database, remind, { to: "Bob" });
    end.resolve();
    await worker.line(/job done/);
    const [{ beats } = {}] = await database.query("SELECT beats FROM berth_jobs.workers");
    await until(`SELECT FROM berth_jobs.workers WHERE beats > ${beats} + 1`);
    await worker.drain(60_000, false);
    expect(await storedJobs(database)).toEqual([{ name: "remind", attempts: 0, error: null }]);
  });

  it("leaves a job to its lease after a crash", async () => {
    const begun = deferred();
    const worker = await start({
      handlers: [handleJob(remind, () => (begun.resolve(), new Promise(() => undefined)))],
    });
    await enqueue(database, remind, { to: "Ada" });
    await begun.promise;
    worker.beginDrain();
    await worker.drain(200, true);
    const [row] = await database.query(
      "SELECT attempts, locked_by IS NOT NULL AS locked FROM graphile_worker.jobs",
    );
    expect(row).toEqual({ attempts: 1, locked: true });
  });
});

describe("the jobs of a dead worker", () => {
  /** Locks a job as a worker does that is dead by now. */
  async function lockedByTheDead(maxAttempts: number): Promise<void> {
    await enqueue(database, remind, { to: "Ada" }, { maxAttempts });
    await database.query(
      "UPDATE graphile_worker._private_jobs SET attempts = 1, locked_by = 'dead', locked_at = now()",
    );
    await database.query("INSERT INTO berth_jobs.workers (id, lease_ms) VALUES ('dead', 300)");
  }

  it("are run by another one", async () => {
    const done = deferred<number>();
    await lockedByTheDead(2);
    const worker = await start(
      { handlers: [handleJob(remind, (_to, job) => done.resolve(job.attempt))] },
      { JOB_LEASE_MS: "1000" },
    );
    expect(await done.promise).toBe(2);
    expect(await worker.line(/has died/)).toMatchObject({
      level: "warn",
      jobs: [{ name: "remind", attempts: 1, maxAttempts: 2, worker: "dead" }],
    });
  });

  it("are kept after the last attempt: a job that kills its worker does not do so for ever", async () => {
    await lockedByTheDead(1);
    const worker = await start({ handlers: [] }, { JOB_LEASE_MS: "1000" });
    await worker.line(/has died/);
    const error = "The worker died while it ran this job, in the last attempt";
    expect(await storedJobs(database)).toEqual([{ name: "remind", attempts: 1, error }]);
  });

  it("are found without its heartbeats, too", async () => {
    await lockedByTheDead(2);
    await database.query("DELETE FROM berth_jobs.workers");
    const done = deferred();
    await start({ handlers: [handleJob(remind, () => done.resolve())] }, { JOB_LEASE_MS: "1000" });
    await done.promise;
  });
});

describe("a worker that was taken for dead", () => {
  it("tells its runs, and goes on", async () => {
    const [begun, ended] = [deferred(), deferred<unknown>()];
    let runs = 0;
    const worker = await start(
      {
        handlers: [
          handleJob(remind, async (_payload, { signal }) => {
            if (runs++ > 0) return;
            begun.resolve();
            await untilAborted(signal).catch((err: unknown) => {
              ended.resolve(err);
              throw err;
            });
          }),
        ],
      },
      { JOB_LEASE_MS: "1000" },
    );
    await enqueue(database, remind, { to: "Ada" });
    await begun.promise;
    // What another worker does.
    await database.query(
      "SELECT graphile_worker.force_unlock_workers(array(SELECT id FROM berth_jobs.workers))",
    );
    await database.query("DELETE FROM berth_jobs.workers");
    expect(await ended.promise).toMatchObject({ name: "JobLostError" });
    expect(await worker.line(/taken for dead/)).toMatchObject({ level: "error" });
    await worker.line(/job done/);
  });
});

describe("a worker without tables for jobs", () => {
  it("says so, is not ready, and begins once they are there", async () => {
    await database.query("ALTER SCHEMA berth_jobs RENAME TO hidden");
    const worker = await start({ handlers: [] }, { JOB_LEASE_MS: "1000" });
    try {
      expect(await worker.line(/has no tables for jobs/)).toMatchObject({ level: "error" });
      await expect(worker.check()).rejects.toThrow("takes no jobs");
    } finally {
      await database.query("ALTER SCHEMA hidden RENAME TO berth_jobs");
    }
    await worker.line(/can use the database again/);
    await expect(worker.check()).resolves.toBeUndefined();
  });
});

describe("a cron line", () => {
  it("enqueues a job once for all workers, and makes up for the latest time that has passed", async () => {
    const runs: string[] = [];
    const done = deferred();
    const handlers = [
      handleJob(remind, ({ to }, { runAt }) => {
        runs.push(`${to} ${runAt.toISOString()}`);
        done.resolve();
      }),
    ];
    const cron = [cronJob("0 3 1 1 *", remind, { to: "all" })];
    await database.query(
      "INSERT INTO berth_jobs.cron_lines (name, last_at) VALUES ('remind', now() - interval '3 years')",
    );
    const env = { JOB_LEASE_MS: "1000" };
    const workers = await Promise.all([
      start({ handlers, cron }, env),
      start({ handlers, cron }, env),
    ]);
    await done.promise;
    // Both have looked again.
    await until("SELECT 1 FROM berth_jobs.workers HAVING min(beats) > 2 AND count(*) = 2");
    const year = new Date().getUTCFullYear();
    const last = new Date(Date.UTC(year, 0, 1, 3));
    const due = last <= new Date() ? last : new Date(Date.UTC(year - 1, 0, 1, 3));
    expect(runs).toEqual([`all ${due.toISOString()}`]);
    const lines = workers.flatMap(({ log: written }) => written.map(({ msg }) => msg));
    expect(lines.filter((msg) => msg === "cron lines are due")).toHaveLength(1);
  });
});
