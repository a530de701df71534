// D8: all processes exit, even if only the leader is signalled.
import { type Clause, fail, pass } from "../clause";
import { isGone, stop } from "../harness/stop";
import { describeEnding } from "../wording";

export const clause: Clause = {
  id: "D8",
  level: "MUST",
  title: "stops all of its processes when only the leader is signalled",
  demandedBy:
    "Cloud Foundry, Docker and systemd's mixed mode signal the leader; Heroku and foreman the group",
  breaksOn:
    "Cloud Foundry, Docker, Kubernetes: the shell exits, and the orphaned server keeps the port",
  fix: "`exec` the server in the Procfile line, so that no shell or npm is its parent; or forward signals",
  procedure:
    "Send SIGTERM to the started process alone (D1 signals the group): all processes exit within the grace period.",
  needs: ["D1"],
  async check({ start, settings }) {
    const graceMs = settings.platform.graceSeconds * 1000;
    const ending = await stop(await start(), graceMs, "SIGTERM", "leader");
    const described = `signal to the leader alone: ${describeEnding(ending, graceMs)}`;
    return isGone(ending) ? pass(described) : fail(described);
  },
};
