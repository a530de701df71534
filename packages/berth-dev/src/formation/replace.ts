// Replaces the process of one instance by a new one on the same port, and checks that it comes up.
import { setTimeout as delay } from "node:timers/promises";
import type { Instance } from "./plan";
import { becomesReady, type Probe } from "./readiness";
import type { OnExit, Supervisor } from "./supervisor";

/** Heroku gives a new process the same time to listen. */
const UP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

export interface ReplaceOptions {
  /** The probe by which the new process counts as up. */
  probe: Probe;
  /** Whether no other instance serves requests in the meantime. */
  isOnlyInstance: boolean;
  /** Aborted, with the reason as text, when the formation ends or restarts as a whole. */
  ended: AbortSignal;
  /** Aborted when the client that requested the restart has disconnected. */
  disconnected: AbortSignal;
  report: (text: string) => void;
}

/** Resolves to undefined once the new process is up, otherwise to what is wrong. */
export type Replace = (instance: Instance, options: ReplaceOptions) => Promise<string | undefined>;

/** @param onExit Returns the listener for the exit of the new process. `isStarting` is true until it is up, which may be never. */
export function createReplace(
  supervisor: Supervisor,
  onExit: (instance: Instance, isStarting: () => boolean) => OnExit,
  upTimeoutMs = UP_TIMEOUT_MS,
): Replace {
  return async (instance, { probe, isOnlyInstance, ended, disconnected, report }) => {
    const { name, env } = instance;
    const port = probe === "process" ? "" : ` on port ${env.PORT}`;
    if (ended.aborted) return ended.reason as string;
    if (disconnected.aborted) return "the client disconnected";
    const isClosed = isOnlyInstance && port !== "";
    report(`stopping ${name}${isClosed ? `: nothing listens${port} until it is back` : ""}`);
    const isInTime = await supervisor.stop([name]);
    if (ended.aborted) return ended.reason as string;
    if (!isInTime)
      report(`${name} did not stop in time and was killed, with its requests in flight`);

    const state = start(instance, probe);
    const deadline = performance.now() + upTimeoutMs;
    while (!state.isUp) {
      if (ended.aborted) return ended.reason as string;
      if (state.exitCode !== undefined)
        return `${name} exited with code ${state.exitCode} before it was up`;
      if (performance.now() > deadline) return `${name} is not up after ${upTimeoutMs / 1000} s`;
      if (disconnected.aborted) return `the client disconnected before ${name} was up`;
      await delay(POLL_MS);
    }
    report(`${name} is up again${port}`);
    return undefined;
  };

  /** Starts the instance and keeps its state up to date, even after the client has disconnected. */
  function start(instance: Instance, probe: Probe) {
    const state: { isUp: boolean; exitCode?: number } = { isUp: false };
    const exit = new AbortController();
    const child = supervisor.start(
      instance,
      onExit(instance, () => !state.isUp),
    );
    void child.exited.then((code) => {
      state.exitCode = code;
      exit.abort();
    });
    void becomesReady(Number(instance.env.PORT), probe, exit.signal).then(() => {
      state.isUp = state.exitCode === undefined;
    });
    return state;
  }
}
