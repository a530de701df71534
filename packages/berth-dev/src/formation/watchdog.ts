// Stops the processes of a formation whose runner was killed.
import { spawn } from "node:child_process";
import type { Child } from "./child";

/**
 * Reads lines from a pipe that only the runner writes to; the last line has all process groups. The pipe closes when the runner
 * ends, even by SIGKILL. An empty last line means that no process is left.
 */
const SCRIPT = `
while read -r line; do groups=$line; done
[ -n "$groups" ] || exit 0
kill -TERM $groups
sleep 5
kill -KILL $groups
`;

export interface Watchdog {
  guard(child: Child): void;
  /** Stops the watchdog, once all processes have ended. */
  stop(): void;
}

/** Starts the watchdog in its own process group, so that Ctrl-C does not reach it. */
export function startWatchdog(): Watchdog {
  const shell = spawn("sh", ["-c", SCRIPT], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  let children: Child[] = [];
  return {
    guard: (child) => {
      // Forget groups that have ended: their ids may be reused.
      children = [...children, child].filter((each) => each.isAlive());
      shell.stdin.write(`${children.map(({ pid }) => `-${pid}`).join(" ")}\n`);
    },
    stop: () => shell.stdin.end("\n"),
  };
}
