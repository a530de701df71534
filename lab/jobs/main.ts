// Runs jobs in two workers that are restarted and killed meanwhile, and counts how often each one had its effect.
import { chdir } from "node:process";
import { parseCommandLine, parseWholeNumber, UsageError } from "port-contract/args";
import { type Run, startRun, until } from "port-contract/harness";
import { pino } from "pino";
import { enqueue } from "berth/jobs";
import { migrate } from "berth/migrate";
import { createDatabase, type Database } from "berth/postgres";
import { startPostgres } from "../limits/postgres";
import { long, once, plain } from "./types";

const HELP = `Runs jobs in two workers on a PostgreSQL of its own, which are stopped three times (SIGTERM), and one of
which is killed (kill -9). Exits with 1 unless each job that completes in its effect's transaction had its effect once.

npm -w lab run jobs -- [options]
  --jobs N  the number of jobs (default 10000)
  --help    print this

PostgreSQL is Debian's if it is installed, otherwise the embedded one.
`;

/** Of these kinds, by their shares of all jobs. */
const PLAIN_SHARE = 0.1;
const LONG_SHARE = 0.005;
const LEASE_MS = 5000;
const LIMIT_MS = 600_000;
const BATCH = 500;
/** At which share of the jobs a worker is stopped or killed. */
const RESTARTS = [
  [0.15, "SIGTERM"],
  [0.35, "SIGTERM"],
  [0.55, "SIGKILL"],
  [0.75, "SIGTERM"],
] as const;

async function enqueueAll(database: Database, jobs: number): Promise<void> {
  for (let first = 0; first < jobs; first += BATCH) {
    await database.transaction(async (tx) => {
      for (let n = first; n < Math.min(first + BATCH, jobs); n++) {
        const isLong = n % (1 / LONG_SHARE) === 0;
        const type = isLong ? long : n % (1 / PLAIN_SHARE) === 5 ? plain : once;
        await enqueue(tx, type, { n });
      }
    });
  }
}

interface Line {
  time: number;
  msg: string;
  jobs?: unknown[];
}

const linesOf = (run: Run): Line[] =>
  run.output
    .text()
    .split("\n")
    .flatMap((text) => (text.startsWith("{") ? [JSON.parse(text) as Line] : []));

/** The number of jobs in all lines with this message. */
const countIn = (runs: readonly Run[], msg: RegExp): number =>
  runs
    .flatMap(linesOf)
    .filter((line) => msg.test(line.msg))
    .reduce((sum, line) => sum + (line.jobs?.length ?? 0), 0);

async function main(jobs: number): Promise<boolean> {
  const postgres = await startPostgres();
  const logger = pino({ level: "silent" });
  chdir(__dirname);
  const { url } = postgres;
  const runs: Run[] = [];
  await migrate({ url, files: "migrations/*.js", logger, startTimeoutMs: 30_000 });
  const limits = { connectTimeoutMs: 10_000, statementTimeoutMs: 60_000 };
  const database = createDatabase({ url, poolSize: 2, logger, ...limits });
  try {
    const enqueuedFrom = performance.now();
    await enqueueAll(database, jobs);
    const enqueuedMs = performance.now() - enqueuedFrom;
    const start = (): Run => {
      const env = {
        DATABASE_URL: url,
        LOG_LEVEL: "warn",
        JOB_CONCURRENCY: "10",
        JOB_LEASE_MS: String(LEASE_MS),
        SHUTDOWN_TIMEOUT_MS: "2000",
      };
      const run = startRun([process.execPath, "--require", "ts-node/register", "worker.ts"], {
        env,
      });
      runs.push(run);
      return run;
    };
    const left = async (): Promise<number> => {
      const [row] = await database.query<{ left: string }>(
        "SELECT count(*) AS left FROM graphile_worker.jobs",
      );
      return Number(row?.left);
    };

    const from = performance.now();
    let [current, next] = [start(), start()];
    let killedAt = 0;
    for (const [share, signal] of RESTARTS) {
      await until(async () => (await left()) <= jobs * (1 - share), LIMIT_MS);
      if (signal === "SIGKILL") killedAt = Date.now();
      current.signal(signal, "leader");
      await current.exited;
      [current, next] = [next, start()];
    }
    await until(async () => (await left()) === 0, LIMIT_MS);
    const tookMs = performance.now() - from;
    for (const run of [current, next]) {
      run.signal("SIGTERM", "leader");
      await run.exited;
    }

    const effects = await database.query<{ kind: string; jobs: string; effects: string }>(
      "SELECT kind, count(DISTINCT n) AS jobs, count(*) AS effects FROM effects GROUP BY kind ORDER BY kind",
    );
    const takenOver = runs.flatMap(linesOf).find(({ msg }) => msg.includes("has died"));
    console.log(
      `${postgres.title}, Node ${process.versions.node}: ${jobs} jobs enqueued in ${seconds(enqueuedMs)}, ` +
        `done in ${seconds(tookMs)} (${Math.round((jobs / tookMs) * 1000)} a second) by two workers;`,
    );
    console.log(
      `three were stopped (${countIn(runs, /handed back/)} jobs handed back), and one was killed ` +
        `(${countIn(runs, /has died/)} jobs taken over after ${seconds((takenOver?.time ?? NaN) - killedAt)}; its lease was ${seconds(LEASE_MS)})`,
    );
    for (const { kind, jobs: done, effects: count } of effects) {
      console.log(
        `  ${kind.padEnd(5)}  ${done} jobs, ${Number(count) - Number(done)} effects too many`,
      );
    }
    const total = effects.reduce((sum, of) => sum + Number(of.jobs), 0);
    const isOnce = effects.every(({ kind, ...of }) => kind === "plain" || of.jobs === of.effects);
    return total === jobs && isOnce;
  } finally {
    for (const run of runs) await run.reap();
    await database.close();
    await postgres.reap();
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

async function run(argv: string[]): Promise<void> {
  const { values } = parseCommandLine(
    argv,
    { jobs: { type: "string", default: "10000" }, help: { type: "boolean" } },
    { usage: HELP },
  );
  if (values.help) return console.log(HELP);
  const jobs = parseWholeNumber("--jobs", values.jobs, { min: 100, max: 1_000_000 });
  if (!(await main(jobs))) {
    console.log("TARGET MISSED");
    process.exitCode = 1;
  }
}

run(process.argv.slice(2)).catch((err: Error) => {
  console.error(err instanceof UsageError ? err.message : err);
  process.exitCode = 1;
});
