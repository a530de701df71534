// D9: Ctrl-C, and Fly's way to stop a machine.
import { type Clause, fail, pass } from "../clause";
import { type Ending, isGone, stop } from "../harness/stop";
import { describeEnding, seconds, shortExit } from "../wording";

/** How a run ended, without saying which of the two signals it was; 128 + its number is a shell's or JVM's way to say. */
function manner({ exit }: Ending): string {
  if (!exit) return "alive";
  const bySignal = exit.signal ?? (exit.code === 130 || exit.code === 143);
  return bySignal ? "ended by the signal" : shortExit(exit);
}

export const clause: Clause = {
  id: "D9",
  level: "SHOULD",
  title: "treats SIGINT as SIGTERM",
  demandedBy: "Fly: kill_signal is SIGINT unless configured; a developer's Ctrl-C",
  breaksOn:
    "Fly: each deploy waits for kill_timeout and then kills; terminals: Ctrl-C does nothing",
  mend: "register the same handler for both signals",
  procedure:
    "SIGINT to one run's group, SIGTERM to another's: both end within the grace and in the same manner.",
  needs: ["D1"],
  async check({ start, settings }) {
    const graceMs = settings.platform.graceSeconds * 1000;
    const [one, other] = await Promise.all([start(), start()]);
    const [interrupted, terminated] = await Promise.all([
      stop(one, graceMs, "SIGINT"),
      stop(other, graceMs, "SIGTERM"),
    ]);
    if (!isGone(interrupted)) return fail(`SIGINT: ${describeEnding(interrupted, graceMs)}`);
    if (manner(interrupted) !== manner(terminated))
      return fail(`SIGINT: ${manner(interrupted)}; SIGTERM: ${manner(terminated)}`);
    return pass(`${manner(interrupted)} in ${seconds(interrupted.afterMs)}, as on SIGTERM`);
  },
};
