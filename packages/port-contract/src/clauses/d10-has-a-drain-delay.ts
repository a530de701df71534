// D10: keeps serving for a configurable time after SIGTERM, until routers have noticed.
import { setTimeout as pause } from "node:timers/promises";
import { InconclusiveError, type Clause, fail, type Outcome, pass } from "../clause";
import type { Service } from "../startup";
import type { Context } from "../context";
import { seconds } from "../wording";

// The second delay is for a machine that was too busy to send enough requests within the first.
const delaysMs = [2000, 8000];
// On a busy machine the signal and the response are late, so the last quarter of the delay is not judged.
const servedShare = 0.75;
const minResponses = 3;

/** Runs the probe repeatedly until it fails or the time is up; counts the responses. */
async function serveUntil({ runProbe }: Context, service: Service, limitMs: number) {
  const from = performance.now();
  const elapsedMs = () => performance.now() - from;
  service.signal("SIGTERM", "group");
  let responses = 0;
  while (elapsedMs() < limitMs) {
    try {
      await runProbe(service);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { responses, failure: code ?? message, afterMs: elapsedMs() };
    }
    responses += 1;
    await pause(50);
  }
  return { responses, failure: undefined, afterMs: elapsedMs() };
}

/** The outcome with one delay; `undefined` when the machine was too busy. */
async function checkDelay(context: Context, delayMs: number): Promise<Outcome | undefined> {
  const { drainDelayEnv } = context.settings;
  const service = await context.start({ env: { [drainDelayEnv]: String(delayMs) } });
  const limitMs = delayMs * servedShare;
  const { responses, failure, afterMs } = await serveUntil(context, service, limitMs);
  if (failure && afterMs < limitMs)
    return fail(`${failure} ${seconds(afterMs)} after SIGTERM with ${drainDelayEnv}=${delayMs}`);
  if (responses >= minResponses) return pass(`served for ${seconds(afterMs)} after SIGTERM`);
}

export const clause: Clause = {
  id: "D10",
  level: "SHOULD",
  title: "has a configurable drain delay",
  demandedBy:
    "Kubernetes (endpoints are removed concurrently with SIGTERM); Knative (waits until requests cease)",
  breaksOn:
    "Kubernetes, Envoy, any router that learns of the stop too late: resets and refused connections in each rollout",
  fix: "after SIGTERM fail readiness, keep serving for a configured time, then stop accepting",
  procedure:
    "Set the drain delay to 2 s, send SIGTERM, then open a new connection every 50 ms: each is served for at least " +
    "1.5 s. Repeated with 8 s if the machine is too busy.",
  needs: ["D1"],
  async check(context) {
    for (const delayMs of delaysMs) {
      const outcome = await checkDelay(context, delayMs);
      if (outcome) return outcome;
    }
    throw new InconclusiveError("the machine is too busy to send enough requests in time");
  },
};
