// Turns signals, and the loss of the reader or of npm, into requests to stop the formation.
import { constants } from "node:os";
import type { Output } from "./output";
import { watchParent } from "./parent";

/** Under npm one Ctrl-C arrives twice, from the terminal and from npm, within milliseconds. */
const SAME_CTRL_C_MS = 200;

export interface StopRequests {
  /** Resolves to the exit code at the first request. */
  stop: Promise<number>;
  /** Resolves at a second Ctrl-C: whoever presses it does not want to wait. */
  force: Promise<void>;
}

/**
 * Listens to SIGTERM, SIGINT and SIGHUP of `runner`; a closed output counts as SIGPIPE, and as a hang-up that npm, which started it,
 * is gone: a killed npm passes nothing on.
 */
export function listenForStop(runner: NodeJS.Process, output: Output): StopRequests {
  const stop = new Promise<number>((resolve) => {
    const request = (name: NodeJS.Signals) => resolve(128 + constants.signals[name]);
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      runner.on(name, () => request(name));
    }
    void output.closed.then(() => request("SIGPIPE"));
    void watchParent(runner).then(() => request("SIGHUP"));
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
