// D8: whoever is signalled, everything ends.
import { type Clause, fail, pass } from "../clause";
import { isGone, stop } from "../harness/stop";
import { describeEnding } from "../wording";

export const clause: Clause = {
  id: "D8",
  level: "MUST",
  title: "ends as a whole, whether the group or the leader alone is signalled",
  demandedBy:
    "Heroku and foreman signal the group; Cloud Foundry, Docker and systemd's mixed mode the leader",
  breaksOn:
    "Cloud Foundry, Docker, Kubernetes: the shell dies and the server keeps the port as an orphan",
  mend: "`exec` the server in the Procfile line, so that no shell or npm stands between; or forward signals",
  procedure:
    "D1 signals the group; here SIGTERM goes to the started process alone, and no other is left within the grace.",
  needs: ["D1"],
  async check({ start, settings }) {
    const graceMs = settings.platform.graceSeconds * 1000;
    const ending = await stop(await start(), graceMs, "SIGTERM", "leader");
    const described = `signal to the leader alone: ${describeEnding(ending, graceMs)}`;
    return isGone(ending) ? pass(described) : fail(described);
  },
};
