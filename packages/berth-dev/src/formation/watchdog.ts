// Ends the processes of a formation whose runner was killed and could not do it.
import { spawn } from "node:child_process";
import type { Child } from "./child";

/**
 * Reads the groups to end, a line each time there are more, from a pipe whose other end only the runner has. The pipe closes when the
 * runner ends, however it ends; an empty last line then says that there is nothing left to do.
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
  /** Says that all processes have ended. */
  dismiss(): void;
}

/** Starts the watchdog in a group of its own, where no Ctrl-C reaches it. */
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
      // The id of a group that has ended may come to belong to strangers.
      children = [...children, child].filter((each) => each.isAlive());
      shell.stdin.write(`${children.map(({ pid }) => `-${pid}`).join(" ")}\n`);
    },
    dismiss: () => shell.stdin.end("\n"),
  };
}
