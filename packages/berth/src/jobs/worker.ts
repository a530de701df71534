// A worker: runs jobs by graphile-worker, keeps its lease, looks after others and cron lines, and drains without losing a job.
import type { WorkerPool } from "graphile-worker";
import type { Logger } from "pino";
import type { BackgroundService } from "../process/background-service";
import type { ConfigOf } from "../process/environment";
import { within } from "../process/within";
import { keepWorkContexts } from "../process/work-context";
import { openConnections } from "./connections";
import { checkCronLines, type CronLine, enqueueDue } from "./cron-lines";
import { isWithoutTables, WITHOUT_TABLES } from "./enqueue";
import { JobLostError } from "./errors";
import type { JobHandler } from "./handler";
import { createLeases, LEAVE, type Leases } from "./leases";
import { loadLibrary } from "./library";
import { libraryLogger } from "./library-logger";
import { runJob, type Run } from "./run-job";
import { createStrays } from "./strays";
import { handBackJobs } from "./statements";
import type { jobVariables } from "./variables";

/** The options of a worker. */
export interface WorkerOptions {
  config: Pick<
    ConfigOf<typeof jobVariables>,
    | "DATABASE_URL"
    | "DATABASE_POOL_SIZE"
    | "DATABASE_CONNECT_TIMEOUT_MS"
    | "DATABASE_STATEMENT_TIMEOUT_MS"
    | "DATABASE_SLOW_STATEMENT_MS"
    | "JOB_CONCURRENCY"
    | "JOB_LEASE_MS"
  >;
  logger: Logger;
  /** What runs each type of job; jobs of other types are left to other workers. */
  handlers: readonly JobHandler[];
  /** Jobs that are enqueued at certain times. */
  cron?: readonly CronLine[];
}

/** A worker, for a lifecycle. */
export interface JobWorker extends BackgroundService {
  /** Resolves if it takes jobs. @throws Error when the database is away, or has no tables for jobs: as a readiness check. */
  check(this: void): Promise<void>;
}

/** A pool of graphile-worker, which locks jobs under its own id, and its lease. */
interface Alive {
  pool: WorkerPool;
  leases: Leases;
  /** Whether others have seen a heartbeat of it. */
  isKnown: boolean;
}

/** How often each idle place looks for jobs, in milliseconds, where the database does not notify: jobs in the future, retries. */
const POLL_MS = 1000;

/** Heartbeats in a lease: five may get lost. */
const BEATS_PER_LEASE = 6;

/** At the end of a drain, this part of the time left, at most 1 s, is for handlers to end, and for handing their jobs back. */
const HAND_BACK_PART = 0.25;
const HAND_BACK_MS = 1000;

/**
 * Creates a worker; it begins with `bind`, as soon as the database can be used.
 * @throws Error when two handlers or two cron lines have the same name, or graphile-worker is not installed.
 */
export function createJobWorker(options: WorkerOptions): JobWorker {
  const { config, logger, handlers, cron = [] } = options;
  const { JOB_CONCURRENCY: concurrency, JOB_LEASE_MS: leaseMs } = config;
  // For log lines, which name the job and the request that enqueued it.
  keepWorkContexts();
  checkHandlers(handlers);
  checkCronLines(cron);
  const { Logger: LibraryLogger, runTaskList } = loadLibrary();
  const runs = new Set<Run>();
  const strays = createStrays(runs);
  const connections = openConnections(config, logger, strays.suspect);
  const { transaction } = connections;
  const beatMs = leaseMs / BEATS_PER_LEASE;
  let current: Alive | undefined;
  /** Why no jobs are taken; the log says it once. */
  let problem: string | undefined;
  let isDraining = false;
  let lastBeatAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;

  function startPool(): Alive {
    const tasks = handlers.map((handler) => [
      handler.type.name,
      (stored: unknown, { job }: { job: Parameters<typeof runJob>[2] }) =>
        runJob({ handler, logger, runs, db: connections }, stored, job),
    ]);
    const pool = runTaskList(
      {
        concurrency,
        pollInterval: POLL_MS,
        noHandleSignals: true,
        // A pooler may run each statement in another session.
        noPreparedStatements: true,
        logger: new LibraryLogger(libraryLogger(logger)),
        // Without these, an outage at the end of a job would be an unhandled rejection: it is tried again for minutes.
        preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      },
      Object.fromEntries(tasks) as never,
      connections.pool,
    );
    const started = { pool, leases: createLeases(pool.id, leaseMs), isKnown: false };
    const onEnd = (err?: unknown): void => {
      if (isDraining || current !== started) return;
      // Its jobs are those of a dead worker; the next heartbeat starts another one.
      logger.error({ err }, "the worker had to begin anew");
      current = undefined;
    };
    pool.promise.then(onEnd, onEnd);
    const jobs = handlers.map(({ type }) => type.name);
    logger.info({ worker: pool.id, jobs, concurrency }, "the worker takes jobs");
    return started;
  }

  async function beat(): Promise<void> {
    if (isDraining && !current) return;
    if (!current) await transaction((tx) => tx.query(HAS_TABLES));
    const alive = (current ??= startPool());
    const { leases } = alive;
    const isNew = await transaction(leases.beat);
    if (isNew && alive.isKnown) loseAll();
    alive.isKnown = true;
    lastBeatAt = performance.now();
    if (isDraining) return;
    const found = await transaction((tx) => strays.handBack(tx, alive.pool.id));
    if (found.length > 0) logger.warn({ jobs: found }, "jobs were locked, but not received");
    const orphans = await transaction(leases.takeOver);
    if (orphans.length > 0) {
      logger.warn({ jobs: orphans }, "a worker has died: its jobs are taken over");
    }
    const due = await transaction((tx) => enqueueDue(tx, cron));
    if (due.length > 0) logger.info({ cron: due }, "cron lines are due");
  }

  /** Other workers have these jobs now. */
  function loseAll(): void {
    logger.error(
      { jobs: [...runs].map(({ id }) => id) },
      "this worker was taken for dead, as its event loop or its database did not respond within JOB_LEASE_MS",
    );
    for (const run of runs) run.interrupt(new JobLostError("Another worker has taken this job"));
  }

  function tell(err: Error): void {
    const isAway = !isWithoutTables(err);
    const next = isAway ? "away" : err.message;
    if (problem === next) return;
    problem = next;
    if (isAway) logger.warn({ err }, "the database is not available: no jobs are taken");
    else logger.error({ err }, WITHOUT_TABLES);
  }

  async function live(): Promise<void> {
    const startedAt = performance.now();
    // After a pause of the whole process, nobody's heartbeats have been watched.
    if (startedAt - lastBeatAt > leaseMs / 2) current?.leases.forget();
    try {
      await beat();
      if (problem !== undefined) logger.info("the worker can use the database again");
      problem = undefined;
    } catch (err) {
      current?.leases.forget();
      tell(err as Error);
    }
    timer = setTimeout(
      () => void (beating = live()),
      Math.max(0, beatMs - (performance.now() - startedAt)),
    );
  }

  /** Resolves when all runs have ended, and their ends are written. */
  async function stopPool(): Promise<void> {
    try {
      await current?.pool.gracefulShutdown();
    } catch (err) {
      logger.debug({ err }, "graphile-worker has not stopped cleanly");
    }
  }

  /** Hands back what still runs. After a crash it is left to the lease, which is a back-off for a job that crashes its worker. */
  async function leave(hasCrashed: boolean): Promise<void> {
    if (!current) return;
    const { id } = current.pool;
    const jobs = [...runs].map((run) => run.id);
    if (hasCrashed && jobs.length > 0) {
      return logger.warn(
        { jobs },
        "jobs are left to other workers, which take them over once the lease is over",
      );
    }
    try {
      const handedBack = await transaction(async (tx) => {
        const ids = await handBackJobs(tx, jobs, id);
        await tx.query(LEAVE, [id]);
        return ids;
      });
      if (handedBack.length > 0) {
        logger.warn({ jobs: handedBack }, "jobs are handed back: other workers run them");
      }
    } catch (err) {
      logger.warn({ err, jobs }, "the worker could not say that it leaves: its lease has to end");
    }
  }

  async function endHeartbeats(): Promise<void> {
    clearTimeout(timer);
    await beating;
    clearTimeout(timer);
  }

  return {
    name: "worker",
    bind() {
      beating = live();
      return Promise.resolve(undefined);
    },
    beginDrain() {
      isDraining = true;
      stopped = stopPool();
    },
    check() {
      if (performance.now() - lastBeatAt <= leaseMs / 2) return Promise.resolve();
      return Promise.reject(
        new Error("the worker takes no jobs, as its database is not available"),
      );
    },
    async drain(remainingMs, hasCrashed) {
      const marginMs = Math.min(HAND_BACK_MS, remainingMs * HAND_BACK_PART);
      if (!(await within(remainingMs - marginMs, stopped ?? stopPool()))) {
        for (const run of runs) run.interrupt(new WorkerStopsError(STOPS));
        const handlers = Promise.all([...runs].map((run) => run.ended));
        await within(marginMs / 2, handlers);
      }
      await endHeartbeats();
      await leave(hasCrashed);
      await within(marginMs / 2, connections.close());
    },
    destroy: () => undefined,
  };
}

/** The abort reason of a run whose worker is told to stop. */
class WorkerStopsError extends Error {
  override readonly name = "WorkerStopsError";
}
const STOPS = "The worker stops: the job goes to another one";

const HAS_TABLES =
  "SELECT FROM graphile_worker.jobs, berth_jobs.workers, berth_jobs.cron_lines LIMIT 0";

function checkHandlers(handlers: readonly JobHandler[]): void {
  const names = handlers.map(({ type }) => type.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`The job "${twice}" has two handlers`);
}
