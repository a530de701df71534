// Runs a service as several worker processes that share one port: starts, replaces and stops them.
import cluster from "node:cluster";
import type { Logger } from "pino";
import { describeAddress } from "../port/bind";
import { FORCED_BY_CTRL_C, onStopRequest } from "./stop-request";
import type { Worker } from "./worker";
import { createWorkerPool, describeEnd, type WorkerPoolSettings } from "./worker-pool";

/** How the workers are run. */
export interface SupervisorOptions {
  /** The process whose signals and uncaught errors are handled. */
  process: NodeJS.Process;
  logger: Logger;
  /** Resolves when the shell that waits for the process has died; never by default. */
  orphaned?: Promise<void>;
  /** Reads the settings: at the start, and again at each restart. @throws Error if they are invalid. */
  readSettings: () => WorkerPoolSettings;
  /** How long a new worker may take until it can replace another one, in milliseconds; 30 s by default. */
  readyLimitMs?: number;
  /** How long the first workers may take to start, in milliseconds; by default 30 s for each, as they share the CPUs. */
  startLimitMs?: number;
  /** How often each worker's event loop is pinged, in milliseconds; 5 s by default. After six without a reply it is killed. */
  pingMs?: number;
}

const READY_LIMIT_MS = 30_000;

/**
 * Runs the program of this process in several workers until a stop is requested. SIGHUP is a rolling restart: it replaces
 * the workers one by one with the code that is on disk then, while the others serve.
 * @returns The exit code: 0 when all workers have drained; 1 after a failed start, a crash loop or an uncaught error, or
 *   if a worker did not exit with 0; 130 after a second Ctrl-C.
 */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const { process, logger, orphaned, readSettings } = options;
  const { readyLimitMs = READY_LIMIT_MS, pingMs = 5000 } = options;
  // The kernel distributes connections: a busy worker accepts none, and none is lost on its way from the primary.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const stop = onStopRequest({
    process,
    logger,
    orphaned,
    consequence: "draining the workers",
    onHangUp: () => requestRestart(),
  });
  let settings = readSettings();
  const pool = createWorkerPool({ logger, settings: () => settings, pingMs, readyLimitMs, stop });
  let announced = "";

  /** Workers bind once all are prepared, the first one alone: if the port cannot be bound, only one of them logs it. */
  async function start(): Promise<boolean> {
    const { startLimitMs = READY_LIMIT_MS * settings.workers } = options;
    const workers = Array.from({ length: settings.workers }, () => pool.start());
    const bind = (worker: Worker) => pool.bind(worker, startLimitMs);
    const prepared = await Promise.all(
      workers.map((worker) => pool.prepared(worker, startLimitMs)),
    );
    const isUp =
      prepared.every(Boolean) &&
      (await bind(workers[0]!)) &&
      (await Promise.all(workers.slice(1).map(bind))).every(Boolean);
    if (stop.isRequested()) return true;
    if (isUp) {
      announce(workers);
      workers.forEach((worker) => pool.keep(worker));
    } else await logFirstEnd(workers);
    return isUp;
  }

  /** Logs the addresses and the most connections to backing services; again only when they have changed. */
  function announce(workers: readonly Worker[]): void {
    const connections = sum(workers.map((worker) => worker.connections()));
    const common = { pid: process.pid, workers: workers.length, connections };
    const lines = (workers.at(-1)?.bound() ?? []).map(({ service, ...at }) => {
      const { fields, text } = describeAddress(at);
      const suffix = ` with ${workers.length} workers${describeConnections(connections)}`;
      return { fields: { ...fields, ...common }, text: `${service} ${text}${suffix}` };
    });
    const now = JSON.stringify(lines);
    if (now !== announced) for (const { fields, text } of lines) logger.info(fields, text);
    announced = now;
  }

  /** A worker that exits with 1 has logged the reason itself. */
  async function logFirstEnd(workers: readonly Worker[]): Promise<void> {
    const ends = workers.map(async (worker) => ({ worker, how: await worker.ended }));
    const { worker, how } = await Promise.race(ends);
    if (how.code !== 1) logger.error({ worker: worker.id, ...how }, describeEnd(worker, how));
  }

  let isRestartWanted = false;
  let restarting: Promise<void> | undefined;

  /** A request during a restart causes another restart: the code on disk may have changed again. */
  function requestRestart(): void {
    isRestartWanted = true;
    restarting ??= restartWhileWanted().finally(() => (restarting = undefined));
  }

  async function restartWhileWanted(): Promise<void> {
    await started;
    while (isRestartWanted && !stop.isRequested()) {
      isRestartWanted = false;
      await restart();
    }
  }

  async function restart(): Promise<void> {
    try {
      settings = readSettings();
    } catch (err) {
      logger.error(
        `Invalid environment variables, keeping the current workers:\n${(err as Error).message}`,
      );
      return;
    }
    const program = process.argv[1];
    logger.info({ program }, `SIGHUP received, replacing the workers one by one with ${program}`);
    const before = pool.serving();
    for (let index = 0; index < settings.workers; index++) {
      const worker = await pool.startReady();
      if (!worker) {
        if (!stop.isRequested())
          logger.error("the rolling restart failed: keeping the current workers");
        return;
      }
      pool.keep(worker);
      const replaced = before[index];
      if (replaced) await pool.stop(replaced);
    }
    // The number was reduced, or a worker that exited during the restart was replaced as well.
    for (const extra of pool.serving().slice(0, -settings.workers)) await pool.stop(extra);
    if (stop.isRequested()) return;
    logger.info({ workers: pool.serving().length }, "all workers are replaced");
    announce(pool.serving());
  }

  const started = start();
  const hasFailed = await Promise.race([
    stop.requested.then(() => false),
    pool.failed.then(() => true),
    started.then((isUp) => (isUp ? new Promise<never>(() => undefined) : true)),
  ]);
  const outcome = await Promise.race([pool.stopAll(), stop.forced.then(() => "forced" as const)]);
  if (outcome === "forced") {
    pool.killAll();
    return FORCED_BY_CTRL_C;
  }
  return outcome && !hasFailed && !stop.hasCrashed() ? 0 : 1;
}

function sum(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, most] of all.flatMap((one) => Object.entries(one))) {
    sums[name] = (sums[name] ?? 0) + most;
  }
  return sums;
}

const describeConnections = (connections: Readonly<Record<string, number>>): string =>
  Object.entries(connections)
    .map(([name, most]) => `, and up to ${most} ${name} connections`)
    .join("");
