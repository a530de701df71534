// One worker process, as its supervisor sees it.
import cluster, { type Worker as ClusterWorker } from "node:cluster";
import { EventEmitter } from "node:events";
import inspector from "node:inspector";
import { type SupervisorMessage, WORKER_MARK, type WorkerMessage } from "./supervision";

/** How a worker ended. */
export interface WorkerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not be started at all. */
  err?: Error;
  /** Set if the supervisor killed it. */
  wasKilled?: true;
}

/** A worker process. */
export interface Worker {
  /** Increasing, never reused. */
  readonly id: number;
  /** The size of its connection pool for each backing service; known once it is prepared. */
  readonly connections: () => Readonly<Record<string, number>>;
  /** The addresses that it has bound so far. */
  readonly bound: () => readonly Bound[];
  /** Resolves to true once its services are built, or to false if it ended before. */
  readonly prepared: Promise<boolean>;
  /** Resolves to true once it accepts connections, or to false if it ended before. */
  readonly serving: Promise<boolean>;
  /** Why it does not serve yet, as far as the supervisor knows. */
  readonly waitsFor: () => string;
  /** Resolves when it takes no more work: it has announced that, or has ended. */
  readonly leaving: Promise<unknown>;
  readonly ended: Promise<WorkerEnd>;
  /** Resolves when it serves, but several pings in a row get no reply. */
  readonly blocked: Promise<void>;
  /** How long it has been running, in milliseconds. */
  ageMs(): number;
  /** Lets it bind. @param whenReady Only once its readiness checks pass. */
  bind(whenReady: boolean): void;
  /** Asks it to drain and exit. @param replaced Whether other workers go on serving. */
  stop(replaced: boolean): void;
  kill(): void;
}

/** An address that a worker has bound. */
export type Bound = Extract<WorkerMessage, { supervision: "bound" }>;

/** How many pings in a row may get no reply. */
const MAX_LOST_PINGS = 6;

/**
 * Starts a worker: this process' program, as it is on disk now.
 * @param pingMs How often its event loop is pinged, in milliseconds.
 */
export function startWorker(pingMs: number): Worker {
  const child = fork();
  const startedAt = performance.now();
  let wasKilled: { wasKilled: true } | undefined;
  const ended = new Promise<WorkerEnd>((resolve) => {
    child.once("exit", (code, signal) =>
      resolve({ code, signal: signal as NodeJS.Signals | null, ...wasKilled }),
    );
    child.on("error", (err) => {
      // It could not be spawned. Errors of a running process, such as a failed message, do not end it.
      if (child.process.pid === undefined) resolve({ code: null, signal: null, err });
    });
  });
  const onMessage = <Kind extends WorkerMessage["supervision"]>(
    kind: Kind,
    listener: (message: Extract<WorkerMessage, { supervision: Kind }>) => void,
  ): void => {
    child.on("message", (message?: WorkerMessage) => {
      // The owner's code may send messages of its own.
      if (message?.supervision === kind) listener(message as never);
    });
  };
  const received = (kind: WorkerMessage["supervision"]): Promise<boolean> =>
    Promise.race([
      new Promise<boolean>((resolve) => onMessage(kind, () => resolve(true))),
      ended.then(() => false),
    ]);
  const send = (message: SupervisorMessage): void => {
    if (child.isConnected()) child.send(message, () => undefined);
  };
  let connections: Readonly<Record<string, number>> = {};
  let waitsFor = "its program is still being loaded, or one of its services is still being built";
  const bound: Bound[] = [];
  onMessage("prepared", (message) => ({ connections } = message));
  onMessage("bound", (message) => bound.push(message));

  const serving = received("serving");
  return {
    id: child.id,
    connections: () => connections,
    bound: () => bound,
    prepared: received("prepared"),
    serving,
    leaving: received("leaving"),
    ended,
    waitsFor: () => waitsFor,
    blocked: serving.then((serves) =>
      serves ? untilUnresponsive(child, send, pingMs) : new Promise(() => undefined),
    ),
    ageMs: () => performance.now() - startedAt,
    bind(whenReady) {
      waitsFor = whenReady ? "its readiness checks do not pass" : "its port is not bound";
      send({ supervision: "bind", whenReady });
    },
    stop: (replaced) => send({ supervision: "stop", replaced }),
    kill() {
      wasKilled = { wasKilled: true };
      child.process.kill("SIGKILL");
    },
  };
}

/** `cluster.fork`, with errors that it throws emitted as `error` events instead. */
function fork(): ClusterWorker {
  try {
    return cluster.fork(WORKER_MARK);
  } catch (err) {
    const unstarted = new EventEmitter() as ClusterWorker;
    Object.assign(unstarted, { id: 0, process: { kill: () => false }, isConnected: () => false });
    setImmediate(() => unstarted.emit("error", err));
    return unstarted;
  }
}

/** Pings a worker, and resolves once it does not respond; never after it has ended, or while it may be paused in a debugger. */
function untilUnresponsive(
  child: ClusterWorker,
  send: (message: SupervisorMessage) => void,
  pingMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    if (isDebugged()) return;
    // Counts pings, not time: a machine that was suspended has sent none meanwhile.
    let lost = 0;
    child.on("message", () => (lost = 0));
    const timer = setInterval(() => {
      if (lost++ >= MAX_LOST_PINGS) return resolve();
      send({ supervision: "ping" });
    }, pingMs);
    child.once("exit", () => clearInterval(timer));
  });
}

/** Whether workers run under a debugger, and so may be paused for any time. */
export const isDebugged = (): boolean => inspector.url() !== undefined;
