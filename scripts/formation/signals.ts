// Turns signals, and the loss of the terminal, into requests to stop the formation.
import type { EventEmitter } from "node:events";
import { constants } from "node:os";
import type { Output } from "./output";

/** Under npm one Ctrl-C arrives twice, from the terminal and from npm, within milliseconds. */
const SAME_CTRL_C_MS = 200;

export interface StopRequests {
  /** Resolves to the exit code at the first request. */
  stop: Promise<number>;
  /** Resolves at a second Ctrl-C: whoever presses it does not want to wait. */
  force: Promise<void>;
}

/** Listens to SIGTERM, SIGINT and SIGHUP of `emitter`, and stops as SIGPIPE does when the output is closed. */
export function listenForStop(emitter: EventEmitter, output: Output): StopRequests {
  const stop = new Promise<number>((resolve) => {
    const request = (name: NodeJS.Signals) => resolve(128 + constants.signals[name]);
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      emitter.on(name, () => request(name));
    }
    void output.closed.then(() => request("SIGPIPE"));
  });
  return { stop, force: secondCtrlC(emitter) };
}

function secondCtrlC(emitter: EventEmitter): Promise<void> {
  let firstAt: number | undefined;
  return new Promise((resolve) => {
    emitter.on("SIGINT", () => {
      firstAt ??= performance.now();
      if (performance.now() - firstAt > SAME_CTRL_C_MS) resolve();
    });
  });
}
