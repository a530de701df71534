// D1: exits in time on SIGTERM.
import { type Clause, fail, pass } from "../clause";
import { isGone, stop } from "../harness/stop";
import { describeEnding } from "../wording";

export const clause: Clause = {
  id: "D1",
  level: "MUST",
  title: "exits on SIGTERM within the grace period",
  demandedBy:
    "every platform: Heroku, Kubernetes, Dokku 30 s; Cloud Run, Cloud Foundry 10 s; foreman, Fly 5 s; piku 3 s",
  breaksOn:
    "everywhere: SIGKILL after the grace period (Heroku R12, exit code 137), and each deploy takes that long",
  fix: "handle SIGTERM: close the server and everything else that keeps the event loop alive",
  procedure:
    "Send SIGTERM to the process group of the idle service: all of its processes exit within the grace period.",
  async check({ start, settings }) {
    const graceMs = settings.platform.graceSeconds * 1000;
    const ending = await stop(await start(), graceMs);
    const described = describeEnding(ending, graceMs);
    return isGone(ending) ? pass(described) : fail(described);
  },
};
