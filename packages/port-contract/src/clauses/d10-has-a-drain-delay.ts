// D10: routers learn of the end later than the process does.
import { setTimeout as pause } from "node:timers/promises";
import { CannotJudge, type Clause, fail, type Outcome, pass } from "../clause";
import type { Service } from "../come-up";
import type { Context } from "../context";
import { seconds } from "../wording";

// The second one is for a machine that was too busy to ask often enough within the first.
const delaysMs = [2000, 8000];
// A signal and an answer take their time on a busy machine: what ends later than this may well have met the end.
const servedShare = 0.75;
const fewestAnswers = 3;

/** Asks again and again until it is refused, or the time is over; how often and how long it was served. */
async function serveUntil({ ask }: Context, service: Service, limitMs: number) {
  const from = performance.now();
  const elapsedMs = () => performance.now() - from;
  service.signal("SIGTERM", "group");
  let answers = 0;
  while (elapsedMs() < limitMs) {
    try {
      await ask(service);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { answers, failure: code ?? message, afterMs: elapsedMs() };
    }
    answers += 1;
    await pause(50);
  }
  return { answers, failure: undefined, afterMs: elapsedMs() };
}

/** The verdict with one delay; `undefined` when the machine was too busy for one. */
async function judgeDelay(context: Context, delayMs: number): Promise<Outcome | undefined> {
  const { drainDelayEnv } = context.settings;
  const service = await context.start({ env: { [drainDelayEnv]: String(delayMs) } });
  const limitMs = delayMs * servedShare;
  const { answers, failure, afterMs } = await serveUntil(context, service, limitMs);
  if (failure && afterMs < limitMs)
    return fail(`${failure} ${seconds(afterMs)} after SIGTERM with ${drainDelayEnv}=${delayMs}`);
  if (answers >= fewestAnswers) return pass(`served for ${seconds(afterMs)} after SIGTERM`);
}

export const clause: Clause = {
  id: "D10",
  level: "SHOULD",
  title: "has a drain delay that can be configured",
  demandedBy: "Kubernetes (the endpoint race); Knative (waits for quiet before it stops)",
  breaksOn:
    "Kubernetes, Envoy, any router told after the fact: resets and refusals during each rollout",
  mend: "after SIGTERM fail readiness, keep serving for a configured time, and only then stop accepting",
  procedure:
    "With the drain delay at 2 s, SIGTERM, then a new connection every 50 ms: served for 1.5 s at least. Once more with " +
    "8 s when too few could be asked.",
  needs: ["D1"],
  async check(context) {
    for (const delayMs of delaysMs) {
      const outcome = await judgeDelay(context, delayMs);
      if (outcome) return outcome;
    }
    throw new CannotJudge("the machine is too busy to ask in time");
  },
};
