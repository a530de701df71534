// Stops the processes of a formation whose runner was killed.
import { spawn } from "node:child_process";
import type { Child } from "./child";

/**
 * Reads the process groups from a pipe whose other end only the runner has, a line each time there are more. The pipe closes when
 * the runner ends, however it ends. An empty last line means that nothing is left to stop.
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
  /** To be called once all processes have ended. */
  dismiss(): void;
}

/** Starts the watchdog in its own process group, where no Ctrl-C reaches it. */
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
      // The id of a group that has ended may be reused by another one.
      children = [...children, child].filter((each) => each.isAlive());
      shell.stdin.write(`${children.map(({ pid }) => `-${pid}`).join(" ")}\n`);
    },
    dismiss: () => shell.stdin.end("\n"),
  };
}
