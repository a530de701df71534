// Several processes behind one port: starts them, replaces those that end, rolls them over, and ends them together.
import cluster from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { createBackOff, STABLE_MS } from "./back-off";
import { onStopRequest } from "./stop-request";
import { within } from "./within";
import { startWorker, type Worker, type WorkerEnd } from "./worker";

/** How a service of several processes is run. */
export interface SupervisorOptions {
  /** Whose signals and uncaught errors to heed. */
  process: NodeJS.Process;
  logger: Logger;
  /** Resolves when nobody waits for the process any more; never by default. */
  orphaned?: Promise<void>;
  /** Reads how the service is to be run: at the start, and anew at each restart. @throws Error saying what is wrong. */
  readSettings: () => SupervisorSettings;
  /** How long a new worker may take until it is ready to replace another one, in milliseconds; 30 s by default. */
  readyLimitMs?: number;
  /** How often a worker is asked whether its event loop turns, in milliseconds; six times in vain end it. 5 s by default. */
  pingMs?: number;
}

/** What the environment says about it. */
export interface SupervisorSettings {
  workers: number;
  /** How long after a signal a worker cuts what is left, in milliseconds. */
  shutdownTimeoutMs: number;
}

/** A worker that is not gone this long after its own limit does not heed it any more, in milliseconds. */
const KILL_AFTER_MS = 1000;

/** As in `lifecycle.ts`: 128 + SIGINT's number. */
const FORCED_BY_CTRL_C = 130;

/**
 * Runs a service as several processes of the program that calls this, until it is told to stop. SIGHUP replaces them, one by
 * one, by what is then on disk, while the others serve.
 * @returns The exit code: 0 when all have drained; 1 after a failed start, when workers keep ending, after an uncaught
 *   error or a forced end; 130 after a second Ctrl-C.
 */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const { process, logger, orphaned, readSettings, readyLimitMs = 30_000, pingMs = 5000 } = options;
  // The kernel hands out connections: a worker that is busy takes none, and no connection is lost between two processes.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const stop = onStopRequest({
    process,
    logger,
    orphaned,
    consequence: "draining the workers",
    onHangUp: () => requestRestart(),
  });
  const backOff = createBackOff();
  /** All that have not ended, in the order of their start. */
  const all = new Set<Worker>();
  /** Those of them that take on work. */
  const crew = new Set<Worker>();
  let settings = readSettings();
  let failed = false;
  let giveUp!: () => void;
  const hasGivenUp = new Promise<void>((resolve) => (giveUp = resolve));

  function hire(): Worker {
    const worker = startWorker(pingMs);
    void worker.blocked.then(() => {
      const { id } = worker;
      logger.error({ worker: id }, `worker ${id} does not turn its event loop: ending it`);
      worker.kill();
    });
    all.add(worker);
    void worker.ended.then(() => all.delete(worker));
    return worker;
  }

  /** Resolves to whether the worker serves. */
  async function put(worker: Worker, whenReady: boolean): Promise<boolean> {
    if (!(await worker.prepared)) return false;
    worker.bind(whenReady);
    return worker.serving;
  }

  /** Lets a worker serve until it leaves, and then sees to another one, unless it was dismissed. */
  async function employ(worker: Worker): Promise<void> {
    crew.add(worker);
    await worker.leaving;
    if (!crew.delete(worker) || stop.isRequested()) return;
    void worker.ended.then((end) =>
      logger.warn({ worker: worker.id, ...end }, `worker ${worker.id} ${describe(end)}`),
    );
    await replace(worker);
  }

  async function replace(gone: Worker): Promise<void> {
    // A signal to the whole group may have reached the worker first.
    await Promise.race([sleep(backOff.delayAfter(gone.ageMs())), stop.requested]);
    if (stop.isRequested()) return;
    if (backOff.isLoop() && ![...crew].some((worker) => worker.ageMs() >= STABLE_MS)) {
      const end = await gone.ended;
      logger.fatal(end, `the workers keep ending, the last one ${describe(end)}: giving up`);
      failed = true;
      return giveUp();
    }
    const worker = hire();
    if (await put(worker, false)) {
      logger.info({ worker: worker.id }, `worker ${worker.id} serves in place of ${gone.id}`);
      return employ(worker);
    }
    if (!stop.isRequested()) {
      const end = await worker.ended;
      logger.warn({ worker: worker.id, ...end }, `worker ${worker.id} ${describe(end)}`);
      await replace(worker);
    }
  }

  /** Lets all serve once all are built; the first one binds alone, as what keeps it from it keeps the others, too. */
  async function start(): Promise<void> {
    const workers = Array.from({ length: settings.workers }, hire);
    const isUp =
      (await Promise.all(workers.map(({ prepared }) => prepared))).every(Boolean) &&
      (await put(workers[0]!, false)) &&
      (await Promise.all(workers.slice(1).map((worker) => put(worker, false)))).every(Boolean);
    if (stop.isRequested()) return;
    if (!isUp) {
      failed = true;
      return giveUp();
    }
    for (const { service, address, port } of workers[0]!.bound()) {
      const connections = sum(workers.map((worker) => worker.connections()));
      logger.info(
        { address, port, workers: workers.length, connections },
        `${service} is listening on port ${port} with ${workers.length} workers${mostOf(connections)}`,
      );
    }
    for (const worker of workers) void employ(worker);
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
    logger.info("SIGHUP received, replacing the workers one by one");
    const before = [...crew];
    for (let index = 0; index < Math.max(settings.workers, before.length); index++) {
      if (index < settings.workers && !(await addReadyWorker())) return;
      const leaver = before[index];
      if (leaver) await dismiss(leaver);
    }
    // Who has replaced one that crashed meanwhile may be one too many.
    for (const extra of [...crew].slice(0, -settings.workers)) await dismiss(extra);
    if (!stop.isRequested()) logger.info({ workers: crew.size }, "all workers are replaced");
  }

  async function addReadyWorker(): Promise<boolean> {
    const worker = hire();
    const served = put(worker, true);
    const isInTime = await within(readyLimitMs, Promise.race([served, stop.requested]));
    if (stop.isRequested()) return false;
    if (isInTime && (await served)) {
      void employ(worker);
      return true;
    }
    const reason = isInTime
      ? describe(await worker.ended)
      : `was not ready within ${readyLimitMs} ms`;
    logger.error({ worker: worker.id }, `worker ${worker.id} ${reason}: the others stay`);
    await end(worker, false);
    return false;
  }

  async function dismiss(worker: Worker): Promise<void> {
    if (crew.delete(worker)) await end(worker, true);
  }

  async function end(worker: Worker, replaced: boolean): Promise<void> {
    worker.stop(replaced);
    if (!(await within(settings.shutdownTimeoutMs + KILL_AFTER_MS, worker.ended))) worker.kill();
    await worker.ended;
  }

  async function stopAll(): Promise<void> {
    const ends = await Promise.all(
      [...all].map(async (worker) => {
        await end(worker, false);
        return worker.ended;
      }),
    );
    if (ends.some(({ code }) => code !== 0)) failed = true;
  }

  const started = start();
  await Promise.race([stop.requested, hasGivenUp]);
  const isForced = await Promise.race([stopAll().then(() => false), stop.forced.then(() => true)]);
  if (!isForced) return failed || stop.hasCrashed() ? 1 : 0;
  for (const worker of all) worker.kill();
  return FORCED_BY_CTRL_C;
}

const describe = ({ code, signal }: WorkerEnd): string => {
  if (signal === null) return `ended with exit code ${code}`;
  return `was ended by ${signal}${signal === "SIGKILL" ? ", as by a lack of memory" : ""}`;
};

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
