// D7: exits with 0 only if the drain was clean.
import { type Clause, fail, pass } from "../clause";
import type { Context } from "../context";
import { canHold, holdRequests } from "../in-flight";
import { stop } from "../harness/stop";
import { describeExit } from "../wording";

const tooShortMs = 100;

/** Stops the service with a deadline shorter than a request, and returns its exit. */
async function forcedExit({ start, settings }: Context) {
  const env = { [settings.shutdownTimeoutEnv]: String(tooShortMs) };
  const service = await start({ env });
  const held = await holdRequests(settings, service);
  const ending = stop(service, settings.platform.graceSeconds * 1000);
  const slow = held.filter(({ name }) => name.startsWith("GET"));
  const responses = await Promise.allSettled(slow.map(({ finish }) => finish()));
  const cut = slow.length === 0 || responses.some(({ status }) => status === "rejected");
  return { cut, exit: (await ending).exit };
}

async function checkForced(context: Context) {
  const { settings, probe } = context;
  if (probe.name !== "http" || !canHold(settings))
    return pass("clean: exited with 0; forced: not tried, no request can be kept in flight");
  const { cut, exit } = await forcedExit(context);
  if (!cut || !exit)
    return pass(`clean: exited with 0; forced: not observed with ${settings.shutdownTimeoutEnv}`);
  if (exit.code === 0)
    return fail("exited with 0 although it cut a request at its deadline", { level: "SHOULD" });
  return pass(`clean: exited with 0; forced: ${describeExit(exit)}`);
}

export const clause: Clause = {
  id: "D7",
  level: "MUST",
  title: "exits with 0 after a clean drain, and SHOULD exit with another code after a forced one",
  demandedBy: "process managers: systemd, Kubernetes restart counts, foreman's 'exited with code'",
  breaksOn:
    "restart policies and alerts: a clean stop looks like a crash, or an unclean one like a clean stop",
  fix: "handle SIGTERM (without a handler it kills the process: 143), and set the exit code last",
  procedure:
    "Send SIGTERM to the idle service: it exits with 0. Then with a shutdown timeout of 0.1 s and a longer request in " +
    "flight: it exits with another code.",
  needs: ["D1"],
  async check(context) {
    const { start, settings } = context;
    const { exit } = await stop(await start(), settings.platform.graceSeconds * 1000);
    if (exit?.code !== 0) return fail(`clean drain: ${exit ? describeExit(exit) : "no exit"}`);
    return checkForced(context);
  },
};
