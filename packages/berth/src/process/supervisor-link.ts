// A worker's line to its supervisor: when it may bind, what it has bound, and when it is to end.
import cluster, { type Worker } from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { BoundAddress } from "../port/bind";
import type { Environment } from "./environment";
import { checkReadiness, type ReadinessCheck } from "./readiness";
import { MARK, type SupervisorMessage, type WorkerMessage } from "./supervision";

/** Why a supervised process ends: with the service, or while others go on serving it; or its supervisor has died. */
export type SupervisorsWord = "stopped" | "replaced" | "abandoned";

/** A backing service, as far as a supervisor has to know it. */
export interface Supervised extends Partial<ReadinessCheck> {
  /** The most connections that this process opens to it. */
  maxConnections?: number;
}

/** The supervisor of this process. */
export interface SupervisorLink {
  /** Resolves with the reason when this process is to end. */
  readonly asked: Promise<SupervisorsWord>;
  /** Says that all is built, and resolves when it may be bound. */
  mayBind(attached: Readonly<Record<string, Supervised>>, given: WaitOptions): Promise<void>;
  bound(service: string, at: BoundAddress): void;
  /** Says that all is bound. */
  serving(): void;
  /** Says that this process takes on no more work. */
  leaving(): void;
}

interface WaitOptions {
  logger: Logger;
  /** Ends the wait for what is required. */
  signal: AbortSignal;
}

/** How often what is required is looked at, while it cannot be used, in milliseconds. */
const LOOK_MS = 1000;

let isWorker: boolean | undefined;

/** This process as a worker of a supervisor of ours, if it is one. */
function ownWorker(): Worker | undefined {
  isWorker ??= process.env.BERTH_WORKER === MARK.BERTH_WORKER;
  // What this process starts is no worker.
  delete process.env.BERTH_WORKER;
  return isWorker ? cluster.worker : undefined;
}

/** The number of this worker among all that its supervisor has started; undefined for a process without one. */
export const workerId = (): number | undefined => ownWorker()?.id;

/** The supervisor of this process, if it has one. */
export function findSupervisor(): SupervisorLink | undefined {
  const worker = ownWorker();
  return worker && linkTo(worker);
}

function linkTo(worker: Worker): SupervisorLink {
  const tell = (message: WorkerMessage): void => {
    // One that has died meanwhile is noticed elsewhere.
    if (worker.isConnected()) worker.send(message, () => undefined);
  };
  let bind!: (how: { whenReady: boolean }) => void;
  let ask!: (word: SupervisorsWord) => void;
  const mayBind = new Promise<{ whenReady: boolean }>((resolve) => (bind = resolve));
  const asked = new Promise<SupervisorsWord>((resolve) => (ask = resolve));

  worker.on("message", (message?: SupervisorMessage) => {
    if (message?.supervision === "bind") bind(message);
    else if (message?.supervision === "stop") ask(message.replaced ? "replaced" : "stopped");
    else if (message?.supervision === "ping") tell({ supervision: "alive" });
  });
  worker.on("disconnect", () => {
    // Else Node would end the process here and now, with all that is in flight.
    worker.exitedAfterDisconnect = true;
    ask("abandoned");
  });

  return {
    asked,
    async mayBind(attached, { logger, signal }) {
      tell({ supervision: "prepared", connections: mostConnections(attached) });
      const { whenReady } = await mayBind;
      if (!whenReady) return;
      const checks = Object.fromEntries(Object.entries(attached).filter(isChecked));
      while (!signal.aborted && !(await checkReadiness({ attached: checks, logger })).isReady) {
        await sleep(LOOK_MS);
      }
    },
    bound: (service, { address, port }) => tell({ supervision: "bound", service, address, port }),
    serving: () => tell({ supervision: "serving" }),
    leaving: () => tell({ supervision: "leaving" }),
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

/** Tells a worker's environment that a socket passed to its supervisor is meant for it, too. */
export function sharePassedSocket(
  env: Environment,
  { pid, ppid }: Pick<NodeJS.Process, "pid" | "ppid">,
): Environment {
  const isPassed = workerId() !== undefined && env.LISTEN_PID === String(ppid);
  return isPassed ? { ...env, LISTEN_PID: String(pid) } : env;
}
