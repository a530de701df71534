// D7: 0 means that nothing was lost.
import { type Clause, fail, pass } from "../clause";
import type { Context } from "../context";
import { canHold, holdRequests } from "../in-flight";
import { stop } from "../harness/stop";
import { shortExit } from "../wording";

const tooShortMs = 100;

/** Makes the deadline shorter than a request, and says how the forced exit looks. */
async function forcedExit({ start, settings }: Context) {
  const env = { [settings.shutdownTimeoutEnv]: String(tooShortMs) };
  const service = await start({ env });
  const held = await holdRequests(settings, service);
  const ending = stop(service, settings.platform.graceSeconds * 1000);
  const slow = held.filter(({ name }) => name.startsWith("GET"));
  const answers = await Promise.allSettled(slow.map(({ finish }) => finish()));
  const cut = slow.length === 0 || answers.some(({ status }) => status === "rejected");
  return { cut, exit: (await ending).exit };
}

async function judgeForced(context: Context) {
  const { settings, probe } = context;
  if (probe.name !== "http" || !canHold(settings))
    return pass("clean: exited with 0; forced: not tried, nothing can be kept in flight");
  const { cut, exit } = await forcedExit(context);
  if (!cut || !exit)
    return pass(`clean: exited with 0; forced: not seen with ${settings.shutdownTimeoutEnv}`);
  if (exit.code === 0)
    return fail("exited with 0 although it cut a request at its deadline", { level: "SHOULD" });
  return pass(`clean: exited with 0; forced: ${shortExit(exit)}`);
}

export const clause: Clause = {
  id: "D7",
  level: "MUST",
  title: "exits with 0 after a clean drain, and SHOULD not after a forced one",
  demandedBy: "process managers: systemd, Kubernetes restart counts, foreman's 'exited with code'",
  breaksOn:
    "restart policies and alerts: a clean stop looks like a crash, or a crash like a clean stop",
  mend: "handle SIGTERM (a process without a handler is killed by it, 143) and set the exit code last",
  procedure:
    "SIGTERM to the idle service: exit code 0. Then with the shutdown timeout at 0.1 s and a longer request in flight: " +
    "another code than 0.",
  needs: ["D1"],
  async check(context) {
    const { start, settings } = context;
    const { exit } = await stop(await start(), settings.platform.graceSeconds * 1000);
    if (exit?.code !== 0) return fail(`clean drain: ${exit ? shortExit(exit) : "no exit"}`);
    return judgeForced(context);
  },
};
