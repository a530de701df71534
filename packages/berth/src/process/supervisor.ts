// Several processes behind one port: starts them, replaces them while the others serve, and ends them together.
import cluster from "node:cluster";
import type { Logger } from "pino";
import { logOf } from "../port/bind";
import { createCrew, type CrewSettings, toldOf } from "./crew";
import { onStopRequest } from "./stop-request";
import type { Worker } from "./worker";

/** How a service of several processes is run. */
export interface SupervisorOptions {
  /** Whose signals and uncaught errors to heed. */
  process: NodeJS.Process;
  logger: Logger;
  /** Resolves when nobody waits for the process any more; never by default. */
  orphaned?: Promise<void>;
  /** Reads how the service is to be run: at the start, and anew at each restart. @throws Error saying what is wrong. */
  readSettings: () => CrewSettings;
  /** How long a new worker may take until it is ready to replace another one, in milliseconds; 30 s by default. */
  readyLimitMs?: number;
  /** How long the first ones may take to be built, in milliseconds; by default 30 s for each, as they share processors. */
  startLimitMs?: number;
  /** How often a worker is asked whether its event loop turns, in milliseconds; six times in vain end it. 5 s by default. */
  pingMs?: number;
}

const READY_LIMIT_MS = 30_000;

/** As in `lifecycle.ts`: 128 + SIGINT's number. */
const FORCED_BY_CTRL_C = 130;

/**
 * Runs a service as several processes of the program that calls this, until it is told to stop. SIGHUP replaces them, one by
 * one, by what is then on disk, while the others serve.
 * @returns The exit code: 0 when all have drained; 1 after a failed start, when workers keep ending, after an uncaught
 *   error or a forced end; 130 after a second Ctrl-C.
 */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const { process, logger, orphaned, readSettings } = options;
  const { readyLimitMs = READY_LIMIT_MS, pingMs = 5000 } = options;
  // The kernel hands out connections: a worker that is busy takes none, and no connection is lost between two processes.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const stop = onStopRequest({
    process,
    logger,
    orphaned,
    consequence: "draining the workers",
    onHangUp: () => requestRestart(),
  });
  let settings = readSettings();
  const crew = createCrew({ logger, settings: () => settings, pingMs, readyLimitMs, stop });
  let announced = "";

  /** Lets all serve once all are built. The first one binds alone: what keeps it from it would keep the others, too. */
  async function start(): Promise<boolean> {
    const { startLimitMs = READY_LIMIT_MS * settings.workers } = options;
    const workers = Array.from({ length: settings.workers }, () => crew.hire());
    const put = (worker: Worker) => crew.put(worker, startLimitMs);
    const built = await Promise.all(workers.map((worker) => crew.built(worker, startLimitMs)));
    const isUp =
      built.every(Boolean) &&
      (await put(workers[0]!)) &&
      (await Promise.all(workers.slice(1).map(put))).every(Boolean);
    if (stop.isRequested()) return true;
    if (isUp) {
      announce(workers);
      workers.forEach((worker) => crew.employ(worker));
    } else await sayWhoEnded(workers);
    return isUp;
  }

  /** Says where the service is, and what it may open; again only when that has changed. */
  function announce(workers: readonly Worker[]): void {
    const connections = sum(workers.map((worker) => worker.connections()));
    const common = { pid: process.pid, workers: workers.length, connections };
    const lines = (workers.at(-1)?.bound() ?? []).map(({ service, ...at }) => {
      const { fields, text } = logOf(at);
      const besides = ` with ${workers.length} workers${mostOf(connections)}`;
      return { fields: { ...fields, ...common }, text: `${service} ${text}${besides}` };
    });
    const now = JSON.stringify(lines);
    if (now !== announced) for (const { fields, text } of lines) logger.info(fields, text);
    announced = now;
  }

  /** A worker that ends with 1 has said why itself. */
  async function sayWhoEnded(workers: readonly Worker[]): Promise<void> {
    const ends = workers.map(async (worker) => ({ worker, how: await worker.ended }));
    const { worker, how } = await Promise.race(ends);
    if (how.code !== 1) logger.error({ worker: worker.id, ...how }, toldOf(worker, how));
  }

  let isRestartWanted = false;
  let restarting: Promise<void> | undefined;

  /** A wish that comes during a restart leads to another one, as more may be on disk by then. */
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
      logger.error(`The environment is not right, the workers stay:\n${(err as Error).message}`);
      return;
    }
    const program = process.argv[1];
    logger.info({ program }, `SIGHUP received, replacing the workers one by one by ${program}`);
    const before = crew.serving();
    for (let index = 0; index < settings.workers; index++) {
      const worker = await crew.add();
      if (!worker) {
        if (!stop.isRequested()) logger.error("the workers stay as they are");
        return;
      }
      crew.employ(worker);
      const leaver = before[index];
      if (leaver) await crew.dismiss(leaver);
    }
    // There were more before; or one that has ended meanwhile was replaced besides.
    for (const extra of crew.serving().slice(0, -settings.workers)) await crew.dismiss(extra);
    if (stop.isRequested()) return;
    logger.info({ workers: crew.serving().length }, "all workers are replaced");
    announce(crew.serving());
  }

  const started = start();
  const isUnwell = await Promise.race([
    stop.requested.then(() => false),
    crew.lost.then(() => true),
    started.then((isUp) => (isUp ? new Promise<never>(() => undefined) : true)),
  ]);
  const hasEnded = await Promise.race([crew.end(), stop.forced]);
  if (hasEnded !== undefined) return hasEnded && !isUnwell && !stop.hasCrashed() ? 0 : 1;
  crew.kill();
  return FORCED_BY_CTRL_C;
}

function sum(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, most] of all.flatMap((one) => Object.entries(one))) {
    sums[name] = (sums[name] ?? 0) + most;
  }
  return sums;
}

const mostOf = (connections: Readonly<Record<string, number>>): string =>
  Object.entries(connections)
    .map(([name, most]) => `, and up to ${most} ${name} connections`)
    .join("");
