// D9: handles SIGINT like SIGTERM: Ctrl-C and Fly send it.
import { type Clause, fail, pass } from "../clause";
import { type Ending, isGone, stop } from "../harness/stop";
import { describeEnding, seconds, describeExit } from "../wording";

/** How a run ended, the same for both signals. Shells and JVMs exit with 128 + the signal's number. */
function exitKind({ exit }: Ending): string {
  if (!exit) return "alive";
  const bySignal = exit.signal ?? (exit.code === 130 || exit.code === 143);
  return bySignal ? "ended by the signal" : describeExit(exit);
}

export const clause: Clause = {
  id: "D9",
  level: "SHOULD",
  title: "treats SIGINT like SIGTERM",
  demandedBy: "Fly: kill_signal is SIGINT unless configured; a developer's Ctrl-C",
  breaksOn:
    "Fly: each deploy waits for kill_timeout and then kills the process; terminals: Ctrl-C does nothing",
  fix: "register the same handler for both signals",
  procedure:
    "Send SIGINT to one run's group and SIGTERM to another's: both exit within the grace period, in the same way.",
  needs: ["D1"],
  async check({ start, settings }) {
    const graceMs = settings.platform.graceSeconds * 1000;
    const [one, other] = await Promise.all([start(), start()]);
    const [interrupted, terminated] = await Promise.all([
      stop(one, graceMs, "SIGINT"),
      stop(other, graceMs, "SIGTERM"),
    ]);
    if (!isGone(interrupted)) return fail(`SIGINT: ${describeEnding(interrupted, graceMs)}`);
    if (exitKind(interrupted) !== exitKind(terminated))
      return fail(`SIGINT: ${exitKind(interrupted)}; SIGTERM: ${exitKind(terminated)}`);
    return pass(`${exitKind(interrupted)} in ${seconds(interrupted.afterMs)}, as on SIGTERM`);
  },
};
