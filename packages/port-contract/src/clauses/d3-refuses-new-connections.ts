// D3: refuses new connections while draining, rather than accepting and dropping them.
import { setTimeout as pause } from "node:timers/promises";
import { type Clause, fail, pass } from "../clause";
import type { Service } from "../startup";
import type { Context } from "../context";
import { canHold, holdRequests } from "../in-flight";
import { seconds } from "../wording";

type Fate = "served" | "dropped" | "refused";

/** What happens to a new connection. */
async function tryConnection({ runProbe }: Context, service: Service): Promise<Fate> {
  try {
    await runProbe(service);
    return "served";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? "refused" : "dropped";
  }
}

/** Opens connections until one is refused. A single dropped one may coincide with the close of the listening socket. */
async function connectUntilRefused(context: Context, service: Service, limitMs: number) {
  const from = performance.now();
  let before: Fate = "served";
  while (performance.now() - from < limitMs) {
    const now = await tryConnection(context, service);
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
  demandedBy:
    "The Twelve-Factor App (disposability); routers retry after a refusal, but not after a reset",
  breaksOn: "every router that retries only on ECONNREFUSED: accept-then-reset becomes 502",
  fix: "close the listening socket instead of destroying accepted connections",
  procedure:
    "Send SIGTERM with a request in flight, then open a new connection every 50 ms: each is served or refused, none is " +
    "accepted and dropped, and within the grace period they are refused.",
  needs: ["D1"],
  async check(context) {
    const { settings, start } = context;
    const service = await start({ env: { [settings.drainDelayEnv]: "0" } });
    if (canHold(settings)) await holdRequests(settings, service);
    service.signal("SIGTERM", "group");
    const limitMs = settings.platform.graceSeconds * 1000;
    const { how, afterMs } = await connectUntilRefused(context, service, limitMs);
    if (how === "refused") return pass(`refused ${seconds(afterMs)} after SIGTERM`);
    if (how === "dropped") return fail("accepts a new connection and drops it without a response");
    return fail(`still serves new connections ${seconds(afterMs)} after SIGTERM`);
  },
};
