// Keeps the server and the load on different cores, where the system can.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which core each side has: what the load costs must not be taken from the server. */
const CORES = { server: "0", load: "1" };

/** Whether processes can be pinned here: `taskset` is Linux'. */
export const isPinned: boolean =
  availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** The command line that runs a command on its side's core. */
export function onCore(side: keyof typeof CORES, command: readonly string[]): string[] {
  return isPinned ? ["taskset", "--cpu-list", CORES[side], ...command] : [...command];
}
