// One response for all workers: the supervisor asks each over Node's cluster channel, and adds the counts of those that exited.
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

/** The time limit for a worker's response, in milliseconds: one whose event loop is blocked is left out. */
const WORKER_MS = 1000;
/** The time limit for the supervisor's response, in milliseconds; it waits for workers. */
const SUPERVISOR_MS = 2 * WORKER_MS;
/** The time limit for a worker's last message, in milliseconds. */
const LAST_MS = 500;

/** The supervisor's side. @param limitMs The time limit for a worker's response, in milliseconds. */
export function collectWorkers(limitMs = WORKER_MS) {
  /** The last response of each worker; empty at first. */
  const workers = new Map<Worker, Snapshot>();
  /** The counts of workers that have exited. */
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
    // Workers that have exited meanwhile are included in `gone`.
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
  // Unlike `exit`, this comes after the worker's last message.
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
      // The supervisor has exited or is blocked: this worker's metrics are better than none.
      return all ?? collectOwn();
    },
    /** Sends this worker's counts to the supervisor. */
    async end(): Promise<void> {
      process.off("message", onMessage);
      await inTime(
        LAST_MS,
        collectOwn().then((snapshot) => send({ telemetry: "last", snapshot })),
      );
    },
  };
}
