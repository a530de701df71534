// A pool of worker processes: starts them, replaces those that exit by themselves, and stops them.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { createRestartBackOff } from "./back-off";
import type { StopRequest } from "./stop-request";
import { within } from "./within";
import { isDebugged, startWorker, type Worker, type WorkerEnd } from "./worker";

/** The size of the pool, and the time limit for stopping a worker. */
export interface WorkerPoolSettings {
  workers: number;
  /** How long after a stop request a worker closes the remaining connections, in milliseconds. */
  shutdownTimeoutMs: number;
}

/** How a pool is created. */
export interface WorkerPoolOptions {
  logger: Logger;
  /** Returns the current settings, which a restart may change. */
  settings: () => WorkerPoolSettings;
  /** How often to ping each worker's event loop, in milliseconds. */
  pingMs: number;
  /** How long a replacement may take until it accepts connections, in milliseconds. */
  readyLimitMs: number;
  stop: StopRequest;
}

/** The worker processes of a service. */
export interface WorkerPool {
  /** The workers that accept connections, oldest first. */
  serving(): readonly Worker[];
  /** Starts a worker, which does not bind until `bind`. */
  start(): Worker;
  /** Resolves to whether a worker builds its services in time. @param limitMs In milliseconds. */
  prepared(worker: Worker, limitMs: number): Promise<boolean>;
  /** Lets a worker bind once it is prepared; resolves to whether it serves in time. @param limitMs In milliseconds. */
  bind(worker: Worker, limitMs: number): Promise<boolean>;
  /** Starts a worker that binds once its readiness checks pass; resolves to it if it serves in time. */
  startReady(): Promise<Worker | undefined>;
  /** Adds a serving worker to the pool: if it exits by itself, another one replaces it. */
  keep(worker: Worker): void;
  /** Drains one worker while the others serve; resolves when it has exited. */
  stop(worker: Worker): Promise<void>;
  /** Drains all workers, including those that do not serve yet; resolves to whether all exited with 0. */
  stopAll(): Promise<boolean>;
  killAll(): void;
  /** Resolves when workers are in a crash loop and none serves. */
  readonly failed: Promise<void>;
}

/** A worker that is still running this long after its shutdown timeout is killed, in milliseconds. */
const KILL_AFTER_MS = 1000;

/** Creates an empty pool. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { logger, settings, pingMs, readyLimitMs, stop } = options;
  const backOff = createRestartBackOff();
  const running = new Set<Worker>();
  const serving = new Set<Worker>();
  let fail!: () => void;
  const failed = new Promise<void>((resolve) => (fail = resolve));

  function start(): Worker {
    const worker = startWorker(pingMs);
    running.add(worker);
    void worker.ended.then(() => running.delete(worker));
    void worker.blocked.then(() => {
      const { id } = worker;
      logger.error(
        { worker: id },
        `worker ${id} is unresponsive: its event loop is blocked; killing it`,
      );
      worker.kill();
    });
    return worker;
  }

  async function bind(worker: Worker, { whenReady } = { whenReady: false }): Promise<boolean> {
    if (!(await worker.prepared)) return false;
    worker.bind(whenReady);
    return worker.serving;
  }

  /** Kills a worker that is not ready in time, unless a stop is what it was not ready for. */
  async function inTime(
    worker: Worker,
    isReady: Promise<boolean>,
    limitMs = readyLimitMs,
  ): Promise<boolean> {
    if (!isDebugged() && !(await within(limitMs, isReady)) && !stop.isRequested()) {
      const { id } = worker;
      logger.error(
        { worker: id },
        `worker ${id} was not ready within ${limitMs} ms: ${worker.waitsFor()}`,
      );
      worker.kill();
    }
    return isReady;
  }

  async function keep(worker: Worker): Promise<void> {
    serving.add(worker);
    await worker.leaving;
    if (!serving.delete(worker) || stop.isRequested()) return;
    void worker.ended.then((how) => {
      // A signal to the whole process group may reach the worker before the supervisor: exit code 0 is expected then.
      if (!stop.isRequested() || how.code !== 0) logEnd(worker, how);
    });
    void replace(worker);
  }

  /** Not awaited by `keep`: a chain of pending calls would retain every worker of the past. */
  async function replace(gone: Worker): Promise<void> {
    let last = gone;
    for (;;) {
      // Also gives a signal to the whole process group the time to reach the supervisor.
      await sleep(backOff.delayAfter(last.ageMs()));
      if (stop.isRequested()) return;
      // A worker that started before the first failure and still serves shows that the program itself works.
      const isServed = [...serving].some((worker) => worker.ageMs() > backOff.failingForMs());
      if (backOff.isCrashLoop() && !isServed) {
        const how = await last.ended;
        logger.fatal(how, `workers are in a crash loop, the last one ${describe(how)}: giving up`);
        return fail();
      }
      const worker = start();
      if (await inTime(worker, bind(worker))) {
        // A rolling restart has filled the pool meanwhile.
        if (serving.size >= settings().workers) return end(worker, { isReplaced: true });
        logger.info({ worker: worker.id }, `worker ${worker.id} replaces worker ${gone.id}`);
        return void keep(worker);
      }
      if (stop.isRequested()) return;
      logEnd(worker, await worker.ended);
      last = worker;
    }
  }

  async function startReady(): Promise<Worker | undefined> {
    if (stop.isRequested()) return undefined;
    const worker = start();
    if (await inTime(worker, bind(worker, { whenReady: true }))) return worker;
    if (!stop.isRequested()) logEnd(worker, await worker.ended);
    return undefined;
  }

  /** Drains a worker, and kills it if that takes too long. */
  async function end(worker: Worker, { isReplaced }: { isReplaced: boolean }): Promise<void> {
    worker.stop(isReplaced);
    const { shutdownTimeoutMs } = settings();
    if (!(await within(shutdownTimeoutMs + KILL_AFTER_MS, worker.ended))) {
      const { id } = worker;
      logger.error(
        { worker: id },
        `worker ${id} did not exit within ${shutdownTimeoutMs} ms: killing it`,
      );
      worker.kill();
    }
    await worker.ended;
  }

  const logEnd = (worker: Worker, how: WorkerEnd): void =>
    logger.warn({ worker: worker.id, ...how }, describeEnd(worker, how));

  return {
    serving: () => [...serving],
    start,
    prepared: (worker, limitMs) => inTime(worker, worker.prepared, limitMs),
    bind: (worker, limitMs) => inTime(worker, bind(worker), limitMs),
    startReady,
    keep: (worker) => void keep(worker),
    async stop(worker) {
      serving.delete(worker);
      await end(worker, { isReplaced: true });
    },
    async stopAll() {
      const ends = [...running].map(async (worker) => {
        await end(worker, { isReplaced: false });
        return worker.ended;
      });
      return (await Promise.all(ends)).every(({ code }) => code === 0);
    },
    killAll() {
      for (const worker of running) worker.kill();
    },
    failed,
  };
}

/** How a worker ended, as a log message. */
export const describeEnd = ({ id }: Worker, how: WorkerEnd): string =>
  `worker ${id} ${describe(how)}`;

function describe({ code, signal, err, wasKilled }: WorkerEnd): string {
  if (err) return `could not be started: ${err.message}`;
  if (wasKilled) return "was killed by its supervisor";
  if (signal === null) return `exited with code ${code}`;
  return `was killed by ${signal}${signal === "SIGKILL" ? ", possibly by the OOM killer" : ""}`;
}
