// Turns signals, a closed output and the end of npm into requests to stop the formation.
import { constants } from "node:os";
import type { Output } from "./output";

/** Under npm one Ctrl-C arrives twice, from the terminal and from npm, within milliseconds. */
const SAME_CTRL_C_MS = 200;
const PARENT_POLL_MS = 500;

export interface StopRequests {
  /** Resolves to the exit code at the first request. */
  stop: Promise<number>;
  /** Resolves at a second Ctrl-C: do not wait any longer. */
  force: Promise<void>;
}

/**
 * Listens for SIGTERM, SIGINT and SIGHUP. A closed output counts as SIGPIPE. The exit of the npm that started this process counts
 * as SIGHUP, since npm forwards no signal when it is killed.
 */
export function listenForStop(runner: NodeJS.Process, output: Output): StopRequests {
  const stop = new Promise<number>((resolve) => {
    const request = (name: NodeJS.Signals) => resolve(128 + constants.signals[name]);
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      runner.on(name, () => request(name));
    }
    void output.closed.then(() => request("SIGPIPE"));
    void npmExit(runner).then(() => request("SIGHUP"));
  });
  return { stop, force: secondCtrlC(runner) };
}

function secondCtrlC(runner: NodeJS.Process): Promise<void> {
  let firstAt: number | undefined;
  return new Promise((resolve) => {
    runner.on("SIGINT", () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_CTRL_C_MS) resolve();
    });
  });
}

/** Never resolves if the parent is not npm: another program may start the runner in the background and exit. */
function npmExit(runner: NodeJS.Process): Promise<void> {
  if (runner.env.npm_lifecycle_event === undefined) return new Promise(() => {});
  const parent = runner.ppid;
  return new Promise((resolve) => {
    const poll = setInterval(() => {
      // An orphan gets another parent.
      if (runner.ppid === parent) return;
      clearInterval(poll);
      resolve();
    }, PARENT_POLL_MS).unref();
  });
}
