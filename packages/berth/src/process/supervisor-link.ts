// A worker's connection to its supervisor: when to bind, what it has bound, and when to stop.
import cluster, { type Worker } from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { BoundAddress } from "../port/bind";
import type { Environment } from "./environment";
import { checkReadiness, type ReadinessCheck } from "./readiness";
import { type SupervisorMessage, WORKER_MARK, type WorkerMessage } from "./supervision";

/** Why a worker stops: the whole service stops, the worker is replaced while others serve, or its supervisor has died. */
export type SupervisorStop = "stopped" | "replaced" | "abandoned";

/** What a supervisor needs to know about a backing service. */
export interface Supervised extends Partial<ReadinessCheck> {
  /** The size of this process' connection pool. */
  maxConnections?: number;
}

/** The connection to this process' supervisor. */
export interface SupervisorLink {
  /** Resolves with the reason when the supervisor stops this process, or has died. */
  readonly stopped: Promise<SupervisorStop>;
  /** Reports that the services are built; resolves when they may be bound. */
  waitToBind(attached: Readonly<Record<string, Supervised>>, options: WaitOptions): Promise<void>;
  /** Reports an address that a service has bound. */
  bound(service: string, at: BoundAddress): void;
  /** Reports that all services are bound. */
  serving(): void;
  /** Reports that this process takes no more work. */
  leaving(): void;
}

interface WaitOptions {
  logger: Logger;
  /** Ends the wait for readiness. */
  signal: AbortSignal;
}

/** How often readiness is checked until it is given, in milliseconds. */
const CHECK_MS = 1000;

let isWorker: boolean | undefined;

/** This process as a worker; undefined if `supervise` did not start it. */
function ownWorker(): Worker | undefined {
  isWorker ??= process.env.BERTH_WORKER === WORKER_MARK.BERTH_WORKER;
  // Processes that this one starts must not inherit it.
  delete process.env.BERTH_WORKER;
  return isWorker ? cluster.worker : undefined;
}

/** The id of this worker; undefined without a supervisor. */
export const workerId = (): number | undefined => ownWorker()?.id;

/** Connects to this process' supervisor, if it has one. */
export function findSupervisor(): SupervisorLink | undefined {
  const worker = ownWorker();
  return worker && connect(worker);
}

function connect(worker: Worker): SupervisorLink {
  const send = (message: WorkerMessage): void => {
    // `disconnect`, below, handles a supervisor that has died.
    if (worker.isConnected()) worker.send(message, () => undefined);
  };
  let bind!: (how: { whenReady: boolean }) => void;
  let stop!: (reason: SupervisorStop) => void;
  const bindRequested = new Promise<{ whenReady: boolean }>((resolve) => (bind = resolve));
  const stopped = new Promise<SupervisorStop>((resolve) => (stop = resolve));

  worker.on("message", (message?: SupervisorMessage) => {
    if (message?.supervision === "bind") bind(message);
    else if (message?.supervision === "stop") stop(message.replaced ? "replaced" : "stopped");
    else if (message?.supervision === "ping") send({ supervision: "alive" });
  });
  worker.on("disconnect", () => {
    // Otherwise Node would exit at once, and requests in flight would be lost.
    worker.exitedAfterDisconnect = true;
    stop("abandoned");
  });

  return {
    stopped,
    async waitToBind(attached, { logger, signal }) {
      send({ supervision: "prepared", connections: mostConnections(attached) });
      const { whenReady } = await bindRequested;
      if (!whenReady) return;
      const checks = Object.fromEntries(Object.entries(attached).filter(isChecked));
      while (!signal.aborted && !(await checkReadiness({ attached: checks, logger })).isReady) {
        await sleep(CHECK_MS);
      }
    },
    bound: (service, { address, port }) => send({ supervision: "bound", service, address, port }),
    serving: () => send({ supervision: "serving" }),
    leaving: () => send({ supervision: "leaving" }),
  };
}

const isChecked = (entry: [string, Supervised]): entry is [string, Supervised & ReadinessCheck] =>
  entry[1].check !== undefined;

const mostConnections = (attached: Readonly<Record<string, Supervised>>) =>
  Object.fromEntries(
    Object.entries(attached).flatMap(([name, { maxConnections }]) =>
      maxConnections === undefined ? [] : [[name, maxConnections]],
    ),
  );

/**
 * Lets a worker use the socket that systemd has passed to its supervisor, by setting `LISTEN_PID` to the worker's process id.
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function sharePassedSocket(
  env: Environment,
  { pid, ppid }: Pick<NodeJS.Process, "pid" | "ppid">,
): Environment {
  const isPassed = workerId() !== undefined && env.LISTEN_PID === String(ppid);
  return isPassed ? { ...env, LISTEN_PID: String(pid) } : env;
}
