// Replaces the process of one instance by a new one on the same port, and checks that it comes up.
import { setTimeout as delay } from "node:timers/promises";
import type { Instance } from "./plan";
import { becomesReady, type Sign } from "./readiness";
import type { OnExit, Supervisor } from "./supervisor";

/** Heroku gives a new process the same time to listen. */
const UP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

export interface Replacement {
  /** The sign by which the new process counts as up. */
  sign: Sign;
  /** Whether no other instance serves requests meanwhile. */
  isAlone: boolean;
  /** Aborted, with the reason as text, when the formation ends or restarts as a whole. */
  over: AbortSignal;
  /** Aborted when the client that asked for the restart has disconnected. */
  gone: AbortSignal;
  report: (text: string) => void;
}

/** Resolves to undefined once the new process is up, otherwise to what is wrong. */
export type Replace = (instance: Instance, how: Replacement) => Promise<string | undefined>;

/** @param onExit Returns the listener for the new process' exit; the process is on trial until it is up, which may be never. */
export function createReplace(
  supervisor: Supervisor,
  onExit: (instance: Instance, isOnTrial: () => boolean) => OnExit,
  upTimeoutMs = UP_TIMEOUT_MS,
): Replace {
  return async (instance, { sign, isAlone, over, gone, report }) => {
    const { name, env } = instance;
    const port = sign === "runs" ? "" : ` on port ${env.PORT}`;
    if (over.aborted) return over.reason as string;
    if (gone.aborted) return "the client disconnected";
    report(`stopping ${name}${isAlone && port ? `: nothing listens${port} until it is back` : ""}`);
    const isInTime = await supervisor.stop([name]);
    if (over.aborted) return over.reason as string;
    if (!isInTime)
      report(`${name} did not stop in time and was killed, with its requests in flight`);

    const trial = startTrial(instance, sign);
    const deadline = performance.now() + upTimeoutMs;
    while (!trial.isUp) {
      if (over.aborted) return over.reason as string;
      if (trial.exitCode !== undefined)
        return `${name} exited with code ${trial.exitCode} before it was up`;
      if (performance.now() > deadline) return `${name} is not up after ${upTimeoutMs / 1000} s`;
      if (gone.aborted) return `the client disconnected before ${name} was up`;
      await delay(POLL_MS);
    }
    report(`${name} is up again${port}`);
    return undefined;
  };

  /** The trial goes on after the client has disconnected. */
  function startTrial(instance: Instance, sign: Sign) {
    const trial: { isUp: boolean; exitCode?: number } = { isUp: false };
    const ended = new AbortController();
    const isOnTrial = () => !trial.isUp;
    void supervisor.start(instance, onExit(instance, isOnTrial)).exited.then((code) => {
      trial.exitCode = code;
      ended.abort();
    });
    void becomesReady(Number(instance.env.PORT), sign, ended.signal).then(() => {
      trial.isUp = trial.exitCode === undefined;
    });
    return trial;
  }
}
