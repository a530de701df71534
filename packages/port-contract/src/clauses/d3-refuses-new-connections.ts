// D3: a draining service says no at the door.
import { setTimeout as pause } from "node:timers/promises";
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../come-up";
import type { Context } from "../context";
import { canHold, holdRequests } from "../in-flight";
import { seconds } from "../wording";

type Reception = "served" | "dropped" | "refused";

/** How a new connection is received. */
async function knock({ ask }: Context, service: Service): Promise<Reception> {
  try {
    await ask(service);
    return "served";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? "refused" : "dropped";
  }
}

/** Knocks until it is refused; one dropped connection may have met the closing door, two in a row have not. */
async function knockUntilRefused(context: Context, service: Service, limitMs: number) {
  const from = performance.now();
  let before: Reception = "served";
  while (performance.now() - from < limitMs) {
    const now = await knock(context, service);
    if (now === "refused") return { how: now, afterMs: performance.now() - from };
    if (now === "dropped" && before === "dropped") return { how: now, afterMs: 0 };
    before = now;
    await pause(50);
  }
  return { how: before, afterMs: limitMs };
}

export const clause: Clause = {
  id: "D3",
  level: "MUST",
  title: "refuses new connections after the drain delay",
  demandedBy: "The Twelve-Factor App (disposability); routers retry a refusal, but not a reset",
  breaksOn: "every router that retries on ECONNREFUSED only: accept-then-reset becomes 502",
  mend: "close the listening socket, rather than destroying what it accepts",
  procedure:
    "SIGTERM with a request in flight, then a new connection every 50 ms: each is served or refused, none accepted " +
    "and dropped, and soon all are refused.",
  needs: ["D1"],
  async check(context) {
    const { settings, start } = context;
    const service = await start({ env: { [settings.drainDelayEnv]: "0" } });
    if (canHold(settings)) await holdRequests(settings, service);
    service.signal("SIGTERM", "group");
    const limitMs = settings.platform.graceSeconds * 1000;
    const { how, afterMs } = await knockUntilRefused(context, service, limitMs);
    if (how === "refused") return pass(`refused ${seconds(afterMs)} after SIGTERM`);
    if (how === "dropped") return fail("accepts a new connection and drops it without an answer");
    return fail(`still serves new connections ${seconds(afterMs)} after SIGTERM`);
  },
};
