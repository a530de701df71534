// The workers of a service: hired, replaced when they end of themselves, and dismissed.
import type { Logger } from "pino";
import { setTimeout as sleep } from "node:timers/promises";
import { createBackOff, STABLE_MS } from "./back-off";
import type { StopRequest } from "./stop-request";
import { within } from "./within";
import { startWorker, type Worker, type WorkerEnd } from "./worker";

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
  stop: StopRequest;
}

/** All workers of a service. */
export interface Crew {
  /** Those that take on work, in the order in which they began to. */
  serving(): readonly Worker[];
  /** Starts a worker, which binds nothing yet. */
  hire(): Worker;
  /** Lets a worker bind, once all that it requires can be used or at once; resolves to whether it serves. */
  put(worker: Worker, whenReady: boolean): Promise<boolean>;
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
export function createCrew({ logger, settings, pingMs, stop }: CrewOptions): Crew {
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

  async function put(worker: Worker, whenReady: boolean): Promise<boolean> {
    if (!(await worker.prepared)) return false;
    worker.bind(whenReady);
    return worker.serving;
  }

  async function employ(worker: Worker): Promise<void> {
    serving.add(worker);
    await worker.leaving;
    if (!serving.delete(worker) || stop.isRequested()) return;
    void worker.ended.then((how) =>
      logger.warn({ worker: worker.id, ...how }, toldOf(worker, how)),
    );
    await replace(worker);
  }

  async function replace(gone: Worker): Promise<void> {
    // A signal to the whole group may have reached the worker first.
    await Promise.race([sleep(backOff.delayAfter(gone.ageMs())), stop.requested]);
    if (stop.isRequested()) return;
    if (backOff.isLoop() && ![...serving].some((worker) => worker.ageMs() >= STABLE_MS)) {
      const how = await gone.ended;
      logger.fatal(how, `the workers keep ending, the last one ${describe(how)}: giving up`);
      return lose();
    }
    const worker = hire();
    if (await put(worker, false)) {
      // A restart has brought enough meanwhile.
      if (serving.size >= settings().workers) return end(worker, true);
      logger.info({ worker: worker.id }, `worker ${worker.id} serves in place of ${gone.id}`);
      return employ(worker);
    }
    if (stop.isRequested()) return;
    const how = await worker.ended;
    logger.warn({ worker: worker.id, ...how }, toldOf(worker, how));
    await replace(worker);
  }

  async function end(worker: Worker, replaced: boolean): Promise<void> {
    worker.stop(replaced);
    if (!(await within(settings().shutdownTimeoutMs + KILL_AFTER_MS, worker.ended))) worker.kill();
    await worker.ended;
  }

  return {
    serving: () => [...serving],
    hire,
    put,
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

function describe({ code, signal }: WorkerEnd): string {
  if (signal === null) return `ended with exit code ${code}`;
  return `was ended by ${signal}${signal === "SIGKILL" ? ", as by a lack of memory" : ""}`;
}
