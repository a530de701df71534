// Replaces the process of one instance by a new one on the same port, and sees whether that comes up.
import { setTimeout as delay } from "node:timers/promises";
import type { Crew, OnEnd } from "./crew";
import type { Instance } from "./plan";
import { becomesReady, type Sign } from "./readiness";

/** Heroku gives a new process the same time to listen. */
const UP_TIMEOUT_MS = 60_000;
const LOOK_MS = 20;

export interface Replacement {
  /** What the new process has to show. */
  sign: Sign;
  /** Whether no other instance serves meanwhile. */
  isAlone: boolean;
  /** Aborted, with a text that says why, when somebody else starts and stops all. */
  over: AbortSignal;
  /** Aborted when nobody waits any more. */
  gone: AbortSignal;
  tell: (text: string) => void;
}

/** Resolves once the new process is up, else to what is wrong. */
export type Replace = (instance: Instance, how: Replacement) => Promise<string | undefined>;

/** @param onEnd Returns what hears of the new process' end: it is on trial until it is up, which may be never. */
export function createReplace(
  crew: Crew,
  onEnd: (instance: Instance, isOnTrial: () => boolean) => OnEnd,
  upTimeoutMs = UP_TIMEOUT_MS,
): Replace {
  return async (instance, { sign, isAlone, over, gone, tell }) => {
    const { name, env } = instance;
    const port = sign === "runs" ? "" : ` on port ${env.PORT}`;
    if (over.aborted) return over.reason as string;
    if (gone.aborted) return "nobody waits for the rest of the restart";
    tell(`stopping ${name}${isAlone && port ? `: nobody listens${port} until it is back` : ""}`);
    const isInTime = await crew.stop([name]);
    if (over.aborted) return over.reason as string;
    if (!isInTime) tell(`${name} did not stop in time and was killed, with what it had in flight`);

    const trial = startTrial(instance, sign);
    const deadline = performance.now() + upTimeoutMs;
    while (!trial.isUp) {
      if (over.aborted) return over.reason as string;
      if (trial.exitCode !== undefined)
        return `${name} ended with code ${trial.exitCode} before it was up`;
      if (performance.now() > deadline) return `${name} is not up after ${upTimeoutMs / 1000} s`;
      if (gone.aborted) return `nobody waits for ${name} to be up`;
      await delay(LOOK_MS);
    }
    tell(`${name} is up again${port}`);
    return undefined;
  };

  /** The trial goes on when nobody waits for its end. */
  function startTrial(instance: Instance, sign: Sign) {
    const trial: { isUp: boolean; exitCode?: number } = { isUp: false };
    const ended = new AbortController();
    const isOnTrial = () => !trial.isUp;
    void crew.start(instance, onEnd(instance, isOnTrial)).exited.then((code) => {
      trial.exitCode = code;
      ended.abort();
    });
    void becomesReady(Number(instance.env.PORT), sign, ended.signal).then(() => {
      trial.isUp = trial.exitCode === undefined;
    });
    return trial;
  }
}
