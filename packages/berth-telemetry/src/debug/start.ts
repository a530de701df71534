// Starts debugging in a process that has DEBUG_TOKEN.
import { drainStart } from "berth/channels";
import type { ExtendedProcess } from "berth/process";
import type { Endpoint } from "../endpoint";
import { createSubscriptions } from "../subscriptions";
import { createRunTask } from "./captures";
import { runHere } from "./dispatch";
import { createEndpoints } from "./endpoints";
import { watchProcess } from "./state";
import { dispatchToWorkers, joinSupervisor } from "./workers";

/** Debugging of this process. */
export interface Debug {
  /** By path. */
  endpoints: ReadonlyMap<string, Endpoint>;
  end(): void;
}

/** Starts debugging. A supervisor does not inspect itself: it passes tasks on to its workers. */
export function startDebug(
  { logger, about, role }: Pick<ExtendedProcess, "logger" | "about" | "role">,
  token: string,
): Debug {
  const subscriptions = createSubscriptions(logger);
  const watched = role === "supervisor" ? undefined : watchProcess(subscriptions);
  const run = watched && createRunTask(watched.read, logger);
  const link = !run ? dispatchToWorkers() : role === "worker" ? joinSupervisor(run) : runHere(run);
  const { dispatch } = link;
  const { endpoints, drain } = createEndpoints({ token, about, dispatch, logger });
  subscriptions.on(drainStart, () => {
    drain();
    link.drain();
  });
  return {
    endpoints,
    end() {
      link.end();
      watched?.end();
      subscriptions.end();
    },
  };
}
