// One answer for all workers: the supervisor asks them over Node's cluster channel, and adds those that are gone.
import cluster, { type Worker } from "node:cluster";
import { createRequests, inTime } from "../worker-requests";
import { cumulative, merge, type Snapshot } from "./snapshot";
import { aboutWorkers, START_TIME } from "./supervised";

type ToSupervisor =
  | { telemetry: "here" }
  | { telemetry: "snapshot"; id: number; snapshot: Snapshot }
  | { telemetry: "last"; snapshot: Snapshot }
  | { telemetry: "ask"; id: number };
type ToWorker =
  { telemetry: "collect"; id: number } | { telemetry: "all"; id: number; snapshot: Snapshot };

/** How long a worker may take to respond, in milliseconds: one whose event loop is blocked is left out. */
const WORKER_MS = 1000;
/** How long the supervisor may take, in milliseconds; it waits for workers. */
const SUPERVISOR_MS = 2 * WORKER_MS;
/** How long the last message of a worker may take, in milliseconds. */
const LAST_MS = 500;

/** The supervisor's side. @param limitMs How long a worker may take, in milliseconds. */
export function collectWorkers(limitMs = WORKER_MS) {
  /** What each worker has responded last: nothing at first. */
  const workers = new Map<Worker, Snapshot>();
  /** What workers that are gone have counted. */
  let gone: Promise<Snapshot> = Promise.resolve([]);
  let crashes = 0;
  const requests = createRequests<Snapshot>();
  const send = (worker: Worker, message: ToWorker): void => {
    if (worker.isConnected()) worker.send(message, () => undefined);
  };

  let collecting: Promise<Snapshot> | undefined;
  const collect = (): Promise<Snapshot> =>
    (collecting ??= collectNow().finally(() => (collecting = undefined)));

  async function collectNow(): Promise<Snapshot> {
    const responses = [...workers.keys()].map(async (worker) => {
      const snapshot = await requests.send(limitMs, (id) =>
        send(worker, { telemetry: "collect", id }),
      );
      if (snapshot && workers.has(worker)) workers.set(worker, snapshot);
      return { worker, snapshot };
    });
    const all = await Promise.all(responses);
    // Those that have ended meanwhile are part of what is gone.
    const present = all.filter(({ worker }) => workers.has(worker));
    const snapshots = present.map(
      ({ worker, snapshot }) => snapshot ?? cumulative(workers.get(worker) ?? []),
    );
    const late = present.filter(({ snapshot }) => !snapshot);
    const merged = await merge([...snapshots, await gone]);
    return [
      ...merged.filter(({ name }) => name !== START_TIME),
      ...aboutWorkers({
        answered: present.length - late.length,
        missing: late.map(({ worker }) => worker.id),
        crashes,
      }),
    ];
  }

  const onMessage = (worker: Worker, message?: ToSupervisor): void => {
    if (message?.telemetry === "here") workers.set(worker, []);
    else if (message?.telemetry === "snapshot") requests.settle(message.id, message.snapshot);
    else if (message?.telemetry === "last") workers.set(worker, message.snapshot);
    else if (message?.telemetry === "ask") {
      const { id } = message;
      void collect().then((snapshot) => send(worker, { telemetry: "all", id, snapshot }));
    }
  };
  // After its last message, unlike `exit`.
  const onDisconnect = (worker: Worker): void => {
    const last = cumulative(workers.get(worker) ?? []);
    workers.delete(worker);
    gone = gone.then((before) => merge([before, last]));
  };
  const onExit = (_worker: Worker, code: number | null): void => {
    if (code !== 0) crashes++;
  };
  cluster.on("message", onMessage);
  cluster.on("disconnect", onDisconnect);
  cluster.on("exit", onExit);
  return {
    collect,
    end(): Promise<void> {
      cluster.off("message", onMessage);
      cluster.off("disconnect", onDisconnect);
      cluster.off("exit", onExit);
      return Promise.resolve();
    },
  };
}

/** A worker's side. @param collectOwn Reads the metrics of this worker. */
export function joinWorkers(collectOwn: () => Promise<Snapshot>) {
  const requests = createRequests<Snapshot>();
  const send = (message: ToSupervisor): Promise<void> =>
    new Promise((resolve) => {
      if (!process.send) return resolve();
      process.send(message, undefined, undefined, () => resolve());
    });
  const onMessage = (message?: ToWorker): void => {
    if (message?.telemetry === "all") requests.settle(message.id, message.snapshot);
    else if (message?.telemetry === "collect") {
      const { id } = message;
      void collectOwn().then((snapshot) => send({ telemetry: "snapshot", id, snapshot }));
    }
  };
  process.on("message", onMessage);
  void send({ telemetry: "here" });
  return {
    async collect(): Promise<Snapshot> {
      const all = await requests.send(SUPERVISOR_MS, (id) => void send({ telemetry: "ask", id }));
      // Its supervisor is gone, or blocked: better its own than none.
      return all ?? collectOwn();
    },
    /** Leaves what this worker has counted to the supervisor. */
    async end(): Promise<void> {
      process.off("message", onMessage);
      await inTime(
        LAST_MS,
        collectOwn().then((snapshot) => send({ telemetry: "last", snapshot })),
      );
    },
  };
}
