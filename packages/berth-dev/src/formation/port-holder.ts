// Finds the process that has a port, for the message that says so.
import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { listenersOf } from "port-contract/ports";

const MAX_COMMAND_LENGTH = 80;

/** Returns ` by process PID (COMMAND in DIRECTORY)`, or nothing where the system does not tell, as of other users' processes. */
export function describeHolder(port: number): string {
  const pids = ps("-A", "-o", "pid=").split("\n").map(Number);
  const holder = listenersOf(pids).find((listener) => listener.port === port);
  if (holder === undefined) return "";
  const command = ps("-o", "args=", "-p", String(holder.pid)).trim().slice(0, MAX_COMMAND_LENGTH);
  return ` by process ${holder.pid} (${command}${describeDirectory(holder.pid)})`;
}

/** Small images have no ps, and can do without this. */
function ps(...args: string[]): string {
  try {
    return execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

/** Linux alone tells it as cheaply. */
function describeDirectory(pid: number): string {
  try {
    return ` in ${readlinkSync(`/proc/${pid}/cwd`)}`;
  } catch {
    return "";
  }
}
