// D10: routers learn of the end later than the process does.
import { setTimeout as pause } from "node:timers/promises";
import { CannotJudge, type Clause, fail, pass } from "../clause";
import type { Context, Service } from "../context";
import { seconds } from "../wording";

const delayMs = 2000;
// A signal and an answer take their time on a busy machine: what ends later than this may well have met the end.
const servedAtLeastMs = delayMs * 0.75;

/** Asks again and again until it is refused, or the time is over; how long it was served, and what ended that. */
async function serveUntil({ ask }: Context, service: Service, from: number) {
  let servedMs = 0;
  while (servedMs < servedAtLeastMs) {
    try {
      await ask(service);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { servedMs, failure: code ?? message, failedMs: performance.now() - from };
    }
    servedMs = performance.now() - from;
    await pause(50);
  }
  return { servedMs, failure: undefined, failedMs: servedMs };
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
    "With the drain delay at 2 s, SIGTERM, then a new connection every 50 ms: served for 1.5 s at least.",
  needs: ["D1"],
  async check(context) {
    const { drainDelayEnv } = context.settings;
    const service = await context.start({ env: { [drainDelayEnv]: String(delayMs) } });
    const from = performance.now();
    service.signal("SIGTERM", "group");
    const { servedMs, failure, failedMs } = await serveUntil(context, service, from);
    if (failure && failedMs < servedAtLeastMs)
      return fail(`${failure} ${seconds(failedMs)} after SIGTERM with ${drainDelayEnv}=${delayMs}`);
    if (servedMs === 0) throw new CannotJudge("the machine is too busy to ask in time");
    return pass(`served for ${seconds(servedMs)} after SIGTERM`);
  },
};
