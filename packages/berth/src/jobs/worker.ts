// A worker: runs jobs with graphile-worker, keeps its lease, takes over dead workers' jobs, runs cron lines, drains losing no job.
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
  /** The handlers, by type of job; jobs of other types are left to other workers. */
  handlers: readonly JobHandler[];
  /** The cron lines. */
  cron?: readonly CronLine[];
}

/** A worker, for a lifecycle. */
export interface JobWorker extends BackgroundService {
  /** A readiness check. @throws Error when the database is not available, or has no tables for jobs. */
  check(this: void): Promise<void>;
}

/** A pool of graphile-worker, which locks jobs under its own id, with its lease. */
interface Alive {
  pool: WorkerPool;
  leases: Leases;
  /** Whether it has sent a heartbeat. */
  isKnown: boolean;
}

/** How often each idle slot polls for jobs without a notification (due later, or retried), in milliseconds. */
const POLL_MS = 1000;

/** The number of heartbeats in a lease: five may get lost. */
const BEATS_PER_LEASE = 6;

/** This share of the drain's time, at most 1 s, is for stopping handlers and handing their jobs back. */
const HAND_BACK_PART = 0.25;
const HAND_BACK_MS = 1000;

/**
 * Creates a worker. `bind` starts it, as soon as the database is available.
 * @throws Error when two handlers or two cron lines have the same name, or graphile-worker is not installed.
 */
export function createJobWorker(options: WorkerOptions): JobWorker {
  const { config, logger, handlers, cron = [] } = options;
  const { JOB_CONCURRENCY: concurrency, JOB_LEASE_MS: leaseMs } = config;
  // So that log lines name the job and the request that enqueued it.
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
  /** Why no jobs are taken; logged once. */
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
        // As batches, the ends of jobs are retried for minutes during an outage, which would otherwise be an unhandled rejection.
        preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      },
      Object.fromEntries(tasks) as never,
      connections.pool,
    );
    const started = { pool, leases: createLeases(pool.id, leaseMs), isKnown: false };
    const onEnd = (err?: unknown): void => {
      if (isDraining || current !== started) return;
      // Its jobs are released like a dead worker's; the next heartbeat starts another pool.
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

  /** Interrupts all runs, because other workers have taken over their jobs. */
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
    // While the whole process was paused, it watched no heartbeats.
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

  /** Resolves when all runs have ended, and their results are written. */
  async function stopPool(): Promise<void> {
    try {
      await current?.pool.gracefulShutdown();
    } catch (err) {
      logger.debug({ err }, "graphile-worker has not stopped cleanly");
    }
  }

  /** Hands back running jobs. Not after a crash: then the lease serves as a back-off for a job that crashes its worker. */
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

/** The abort reason of runs when their worker is stopped. */
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
