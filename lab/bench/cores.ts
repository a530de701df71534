// Pins the server and the load generator to different cores, if the system supports it.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { type Argv, startRun } from "port-contract/harness";

/** The core of each side, so that the load generator takes no CPU time from the server. */
const CORES = { server: "0", load: "1", any: undefined };

/** Whether processes can be pinned; needs `taskset`, which is Linux only. */
export const isPinned: boolean =
  availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** Wraps a command so that it runs on its side's core, or on any. */
export function onCore(side: keyof typeof CORES, command: readonly string[]): Argv {
  const [program = "", ...args] = command;
  const core = CORES[side];
  return isPinned && core ? ["taskset", "--cpu-list", core, ...command] : [program, ...args];
}

/**
 * Keeps the load generator's core busy until the returned function is called. Otherwise the core sleeps while the load
 * waits, and waking it costs the server time for every packet, a slower server more.
 */
export function keepLoadAwake(): () => Promise<void> {
  if (!isPinned) return () => Promise.resolve();
  const idle = ["nice", "-n", "19", process.execPath, "-e", "for (;;);"];
  return startRun(onCore("load", idle)).reap;
}
