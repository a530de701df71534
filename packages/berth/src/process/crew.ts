// The workers of a service: hired, replaced when they end of themselves, and dismissed.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { createBackOff } from "./back-off";
import type { StopRequest } from "./stop-request";
import { within } from "./within";
import { isDebugged, startWorker, type Worker, type WorkerEnd } from "./worker";

/** How many workers there are to be, and how they end. */
export interface CrewSettings {
  workers: number;
  /** How long after a signal a worker cuts what is left, in milliseconds. */
  shutdownTimeoutMs: number;
}

/** For whom the crew works. */
export interface CrewOptions {
  logger: Logger;
  /** As they are now. */
  settings: () => CrewSettings;
  /** How often a worker is asked whether its event loop turns, in milliseconds. */
  pingMs: number;
  /** How long a worker that replaces another one may take until it serves, in milliseconds. */
  readyLimitMs: number;
  stop: StopRequest;
}

/** All workers of a service. */
export interface Crew {
  /** Those that take on work, in the order in which they began to. */
  serving(): readonly Worker[];
  /** Starts a worker, which binds nothing yet. */
  hire(): Worker;
  /** Resolves to whether a worker is built, in time. @param limitMs In milliseconds. */
  built(worker: Worker, limitMs: number): Promise<boolean>;
  /** Lets a worker bind once it is built; resolves to whether it serves, in time. @param limitMs In milliseconds. */
  put(worker: Worker, limitMs: number): Promise<boolean>;
  /** Starts a worker that binds once all that it requires can be used; resolves with it if it serves in time. */
  add(): Promise<Worker | undefined>;
  /** Counts on a worker that serves: another one is hired when it ends of itself. */
  employ(worker: Worker): void;
  /** Lets a worker drain while others serve, and resolves when it has ended. */
  dismiss(worker: Worker): Promise<void>;
  /** Ends all, also those that do not serve yet, and resolves to whether each has ended well. */
  end(): Promise<boolean>;
  kill(): void;
  /** Resolves when the workers keep ending, and no other one serves. */
  readonly lost: Promise<void>;
}

/** A worker that is not gone this long after its own limit does not heed it any more, in milliseconds. */
const KILL_AFTER_MS = 1000;

/** Creates a crew without workers. */
export function createCrew(options: CrewOptions): Crew {
  const { logger, settings, pingMs, readyLimitMs, stop } = options;
  const backOff = createBackOff();
  const all = new Set<Worker>();
  const serving = new Set<Worker>();
  let lose!: () => void;
  const lost = new Promise<void>((resolve) => (lose = resolve));

  function hire(): Worker {
    const worker = startWorker(pingMs);
    all.add(worker);
    void worker.ended.then(() => all.delete(worker));
    void worker.blocked.then(() => {
      const { id } = worker;
      logger.error({ worker: id }, `worker ${id} does not turn its event loop: ending it`);
      worker.kill();
    });
    return worker;
  }

  async function put(worker: Worker, whenReady = false): Promise<boolean> {
    if (!(await worker.prepared)) return false;
    worker.bind(whenReady);
    return worker.serving;
  }

  const unfinished = new Set<() => void>();
  void stop.requested.then(() => unfinished.forEach((finish) => finish()));

  /** Unlike `Promise.race`, which would keep what it was given until the service ends. */
  function unlessStopped(promise: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      if (stop.isRequested()) return resolve();
      const finish = (): void => {
        unfinished.delete(finish);
        resolve();
      };
      unfinished.add(finish);
      void promise.then(finish);
    });
  }

  /** A worker that does not get ready in time is killed. */
  async function inTime(
    worker: Worker,
    isReady: Promise<boolean>,
    limitMs = readyLimitMs,
  ): Promise<boolean> {
    if (!isDebugged() && !(await within(limitMs, unlessStopped(isReady)))) {
      const { id } = worker;
      logger.error(
        { worker: id },
        `worker ${id} was not ready within ${limitMs} ms: ${worker.waitsFor()}`,
      );
      worker.kill();
    }
    return isReady;
  }

  async function employ(worker: Worker): Promise<void> {
    serving.add(worker);
    await worker.leaving;
    if (!serving.delete(worker) || stop.isRequested()) return;
    void worker.ended.then((how) => {
      // As it should, if all of them were told to, and it heard so first.
      if (!stop.isRequested() || how.code !== 0) say(worker, how);
    });
    void replace(worker);
  }

  /** Nothing awaits it: a chain of calls would keep every worker that there ever was. */
  async function replace(gone: Worker): Promise<void> {
    let last = gone;
    for (;;) {
      // A signal to the whole group may have reached the worker first.
      await unlessStopped(sleep(backOff.delayAfter(last.ageMs())));
      if (stop.isRequested()) return;
      // One that has been serving since before the first failure shows that it can be done.
      const isServed = [...serving].some((worker) => worker.ageMs() > backOff.failingForMs());
      if (backOff.isLoop() && !isServed) {
        const how = await last.ended;
        logger.fatal(how, `the workers keep ending, the last one ${describe(how)}: giving up`);
        return lose();
      }
      const worker = hire();
      if (await inTime(worker, put(worker))) {
        // A restart has brought enough meanwhile.
        if (serving.size >= settings().workers) return end(worker, true);
        logger.info({ worker: worker.id }, `worker ${worker.id} serves in place of ${gone.id}`);
        return void employ(worker);
      }
      if (stop.isRequested()) return;
      say(worker, await worker.ended);
      last = worker;
    }
  }

  async function add(): Promise<Worker | undefined> {
    if (stop.isRequested()) return undefined;
    const worker = hire();
    if (await inTime(worker, put(worker, true))) return worker;
    if (!stop.isRequested()) say(worker, await worker.ended);
    return undefined;
  }

  async function end(worker: Worker, replaced: boolean): Promise<void> {
    worker.stop(replaced);
    const { shutdownTimeoutMs } = settings();
    if (!(await within(shutdownTimeoutMs + KILL_AFTER_MS, worker.ended))) {
      const { id } = worker;
      logger.error(
        { worker: id },
        `worker ${id} has not ended within ${shutdownTimeoutMs} ms: killing it`,
      );
      worker.kill();
    }
    await worker.ended;
  }

  const say = (worker: Worker, how: WorkerEnd): void =>
    logger.warn({ worker: worker.id, ...how }, toldOf(worker, how));

  return {
    serving: () => [...serving],
    hire,
    built: (worker, limitMs) => inTime(worker, worker.prepared, limitMs),
    put: (worker, limitMs) => inTime(worker, put(worker), limitMs),
    add,
    employ: (worker) => void employ(worker),
    async dismiss(worker) {
      serving.delete(worker);
      await end(worker, true);
    },
    async end() {
      const ends = [...all].map(async (worker) => {
        await end(worker, false);
        return worker.ended;
      });
      return (await Promise.all(ends)).every(({ code }) => code === 0);
    },
    kill() {
      for (const worker of all) worker.kill();
    },
    lost,
  };
}

/** What became of a worker, as a sentence of the log. */
export const toldOf = ({ id }: Worker, how: WorkerEnd): string => `worker ${id} ${describe(how)}`;

function describe({ code, signal, err, wasKilled }: WorkerEnd): string {
  if (err) return `could not be started: ${err.message}`;
  if (wasKilled) return "was killed by its supervisor";
  if (signal === null) return `ended with exit code ${code}`;
  return `was ended by ${signal}${signal === "SIGKILL" ? ", as by a lack of memory" : ""}`;
}
