// One worker, as its supervisor sees it.
import cluster, { type Worker as ClusterWorker } from "node:cluster";
import { EventEmitter } from "node:events";
import inspector from "node:inspector";
import { MARK, type SupervisorMessage, type WorkerMessage } from "./supervision";

/** How a worker ended. */
export interface WorkerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not be started at all. */
  err?: Error;
  /** Whether the supervisor has killed it. */
  wasKilled?: true;
}

/** A process of the service. */
export interface Worker {
  /** Counts up, and is never used twice. */
  readonly id: number;
  /** The most connections that it opens to each backing service; once it is prepared. */
  readonly connections: () => Readonly<Record<string, number>>;
  /** What it has bound so far. */
  readonly bound: () => readonly Bound[];
  /** Resolves true once all is built, false when it has ended before. */
  readonly prepared: Promise<boolean>;
  /** Resolves true once it accepts connections, false when it has ended before. */
  readonly serving: Promise<boolean>;
  /** What keeps it from serving, as far as its supervisor knows. */
  readonly waitsFor: () => string;
  /** Resolves when it takes on no more work: it has said so, or has ended. */
  readonly leaving: Promise<unknown>;
  readonly ended: Promise<WorkerEnd>;
  /** Resolves when it serves, but has not answered several questions in a row. */
  readonly blocked: Promise<void>;
  /** How long it has been running, in milliseconds. */
  ageMs(): number;
  /** Lets it bind, when it wants to: at once, or once all that it requires can be used. */
  bind(whenReady: boolean): void;
  /** Asks it to drain and end. @param replaced Whether others go on serving. */
  stop(replaced: boolean): void;
  kill(): void;
}

/** What a worker has bound. */
export type Bound = Extract<WorkerMessage, { supervision: "bound" }>;

/** How many questions in a row may stay unanswered. */
const UNANSWERED = 6;

/**
 * Starts a worker: the program of this process, as it is on disk now.
 * @param pingMs How often it is asked whether its event loop turns, in milliseconds.
 */
export function startWorker(pingMs: number): Worker {
  const process = fork();
  const startedAt = performance.now();
  let wasKilled: { wasKilled: true } | undefined;
  const ended = new Promise<WorkerEnd>((resolve) => {
    process.once("exit", (code, signal) =>
      resolve({ code, signal: signal as NodeJS.Signals | null, ...wasKilled }),
    );
    process.on("error", (err) => {
      // No process, no memory, no program; whatever else fails of one that runs is no end.
      if (process.process.pid === undefined) resolve({ code: null, signal: null, err });
    });
  });
  const hears = <Word extends WorkerMessage["supervision"]>(
    word: Word,
    heard: (message: Extract<WorkerMessage, { supervision: Word }>) => void,
  ): void => {
    process.on("message", (message?: WorkerMessage) => {
      // An owner may send anything.
      if (message?.supervision === word) heard(message as never);
    });
  };
  const said = (word: WorkerMessage["supervision"]): Promise<boolean> =>
    Promise.race([
      new Promise<boolean>((resolve) => hears(word, () => resolve(true))),
      ended.then(() => false),
    ]);
  const tell = (message: SupervisorMessage): void => {
    if (process.isConnected()) process.send(message, () => undefined);
  };
  let connections: Readonly<Record<string, number>> = {};
  let waitsFor = "its program is still being loaded, or one of its services is still being built";
  const bound: Bound[] = [];
  hears("prepared", (message) => ({ connections } = message));
  hears("bound", (message) => bound.push(message));

  const serving = said("serving");
  return {
    id: process.id,
    connections: () => connections,
    bound: () => bound,
    prepared: said("prepared"),
    serving,
    leaving: said("leaving"),
    ended,
    waitsFor: () => waitsFor,
    blocked: serving.then((serves) =>
      serves ? blocked(process, tell, pingMs) : new Promise(() => undefined),
    ),
    ageMs: () => performance.now() - startedAt,
    bind(whenReady) {
      waitsFor = whenReady ? "what it requires cannot be used" : "its port is not bound";
      tell({ supervision: "bind", whenReady });
    },
    stop: (replaced) => tell({ supervision: "stop", replaced }),
    kill() {
      wasKilled = { wasKilled: true };
      process.process.kill("SIGKILL");
    },
  };
}

/** Node throws what it does not tell by an event. */
function fork(): ClusterWorker {
  try {
    return cluster.fork(MARK);
  } catch (err) {
    const unstarted = new EventEmitter() as ClusterWorker;
    Object.assign(unstarted, { id: 0, process: { kill: () => false }, isConnected: () => false });
    setImmediate(() => unstarted.emit("error", err));
    return unstarted;
  }
}

/** Asks again and again, and resolves when that is in vain; never once it has ended, or while it may stand in a debugger. */
function blocked(
  process: ClusterWorker,
  tell: (message: SupervisorMessage) => void,
  pingMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    if (isDebugged()) return;
    // Counted in questions, not in time: a machine that was suspended has asked none meanwhile.
    let unanswered = 0;
    process.on("message", () => (unanswered = 0));
    const timer = setInterval(() => {
      if (unanswered++ >= UNANSWERED) return resolve();
      tell({ supervision: "ping" });
    }, pingMs);
    process.once("exit", () => clearInterval(timer));
  });
}

/** Whether a worker may stand in a debugger for as long as somebody looks at it. */
export const isDebugged = (): boolean => inspector.url() !== undefined;
