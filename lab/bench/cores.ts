// Keeps the server and the load on different cores, where the system can.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { type Argv, startRun } from "port-contract/harness";

/** Which core each side has: what the load costs must not be taken from the server. */
const CORES = { server: "0", load: "1", any: undefined };

/** Whether processes can be pinned here: `taskset` is Linux'. */
export const isPinned: boolean =
  availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** The command line that runs a command on its side's core, or on any. */
export function onCore(side: keyof typeof CORES, command: readonly string[]): Argv {
  const [program = "", ...args] = command;
  const core = CORES[side];
  return isPinned && core ? ["taskset", "--cpu-list", core, ...command] : [program, ...args];
}

/**
 * Keeps the load's core from falling asleep whenever the load waits, until what it returns is called: waking it costs the
 * server, which pays for every packet that it sends to a sleeper, and the slower server more.
 */
export function keepLoadAwake(): () => Promise<void> {
  if (!isPinned) return () => Promise.resolve();
  const idle = ["nice", "-n", "19", process.execPath, "-e", "for (;;);"];
  return startRun(onCore("load", idle)).reap;
}
