// D1: the signal ends the process in time.
import { type Clause, fail, pass } from "../clause";
import { isGone, stop } from "../harness/stop";
import { describeEnding } from "../wording";

export const clause: Clause = {
  id: "D1",
  level: "MUST",
  title: "exits on SIGTERM within the grace",
  demandedBy:
    "every platform: Heroku, Kubernetes, Dokku 30 s; Cloud Run, Cloud Foundry 10 s; foreman, Fly 5 s; piku 3 s",
  breaksOn:
    "everywhere: SIGKILL after the grace (Heroku R12, exit 137), and each deploy takes that long",
  mend: "handle SIGTERM: close the server and what keeps the event loop alive, then let the process end",
  procedure: "SIGTERM to the idle service's process group; nothing of it is left within the grace.",
  async check({ start, settings }) {
    const graceMs = settings.platform.graceSeconds * 1000;
    const ending = await stop(await start(), graceMs);
    const described = describeEnding(ending, graceMs);
    return isGone(ending) ? pass(described) : fail(described);
  },
};
