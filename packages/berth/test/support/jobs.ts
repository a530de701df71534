// A database with the tables of jobs, and workers within the test's own process.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { MigrationBuilder } from "node-pg-migrate";
import { Client } from "pg";
import { readEnvironment } from "../../src/process/environment";
import type { Database } from "../../src/postgres/database";
import { createJobTables } from "../../src/jobs/tables";
import { jobVariables } from "../../src/jobs/variables";
import { createJobWorker, type JobWorker, type WorkerOptions } from "../../src/jobs/worker";
import { createTestLogger, type LogLine } from "../../src/testing/app";
import { inTime } from "../../src/testing/waits";

/** Creates the tables of jobs, as the migration of docs/jobs.md does. */
export async function createTables(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  const pgm = { noTransaction: () => undefined, db: client } as unknown as MigrationBuilder;
  await createJobTables(pgm).finally(() => client.end());
}

/** A worker of a test. */
export interface TestWorker extends JobWorker {
  log: LogLine[];
  /** Resolves with the first line with this message, past or future. */
  line(message: RegExp): Promise<LogLine>;
}

const started = new Set<JobWorker>();

/** Starts a worker; `stopWorkers` stops it at the latest. */
export async function startWorker(
  url: string,
  options: Pick<WorkerOptions, "handlers" | "cron">,
  env: Record<string, string> = {},
): Promise<TestWorker> {
  const config = readEnvironment(jobVariables, {
    DATABASE_URL: url,
    // A busy machine may exceed the defaults.
    DATABASE_CONNECT_TIMEOUT_MS: "60000",
    DATABASE_STATEMENT_TIMEOUT_MS: "60000",
    ...env,
  });
  const { logger, log } = createTestLogger();
  const worker = createJobWorker({ config, logger, ...options });
  started.add(worker);
  await worker.bind();
  const line = async (message: RegExp) => {
    let isOver = false;
    const search = async () => {
      for (;;) {
        const found = log.find(({ msg }) => message.test(msg as string));
        if (found || isOver) return found as LogLine;
        await nextTurn();
      }
    };
    const lines = () =>
      `no line ${message}:\n${log.map((each) => JSON.stringify(each)).join("\n")}`;
    return inTime(search(), lines).finally(() => (isOver = true));
  };
  return { ...worker, log, line };
}

/** Drains a worker, as the lifecycle does. */
export async function stopWorker(worker: JobWorker, remainingMs = 60_000): Promise<void> {
  worker.beginDrain();
  await worker.drain(remainingMs, false);
}

/** Drains those that run, and removes all jobs. */
export async function stopWorkers(database: Database): Promise<void> {
  await Promise.all([...started].map((worker) => stopWorker(worker, 0)));
  started.clear();
  await database.query("DELETE FROM graphile_worker._private_jobs");
  await database.query("DELETE FROM berth_jobs.workers");
}

/** Jobs in the database. */
export const storedJobs = (database: Database) =>
  database.query<{ name: string; attempts: number; error: string | null }>(
    `SELECT task_identifier AS name, attempts, last_error AS error FROM graphile_worker.jobs ORDER BY id`,
  );
