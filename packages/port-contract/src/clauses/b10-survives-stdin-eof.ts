// B10: keeps running when stdin is at its end.
import { type Clause, fail, pass, skip } from "../clause";
import type { Context } from "../context";
import { within } from "../harness/wait";
import { seconds, describeExit } from "../wording";

const watchMs = 3000;

/** How the program exited within the time, if it did. */
async function exitWith({ launch }: Context, stdin?: "open") {
  const run = await launch({ stdin });
  return within(run.exited, watchMs);
}

export const clause: Clause = {
  id: "B10",
  level: "MUST",
  title: "survives the end of its standard input",
  demandedBy: "Knative runtime contract: stdin is /dev/null",
  breaksOn: "everywhere: platforms provide no terminal, so the service exits as soon as it is up",
  fix: "do not read stdin, or at least do not exit at its end",
  procedure:
    "With /dev/null as stdin it still runs after 3 s. If not, try a pipe that never ends: only if that helps is stdin " +
    "the cause.",
  async check(context) {
    const exit = await exitWith(context);
    if (!exit) return pass(`up after ${seconds(watchMs)} with /dev/null`);
    if (await exitWith(context, "open")) return skip(`${describeExit(exit)} with any stdin`);
    return fail(
      `${describeExit(exit)} after ${seconds(exit.afterMs)} with /dev/null, up with a pipe`,
    );
  },
};
