// When a call to another service has taken too long.
import { EventEmitter } from "node:events";

/** Tells undici to give a call up, as an `AbortSignal` would: making one of those costs a call a third of its time. */
export interface CallDeadline extends EventEmitter {
  aborted: boolean;
  /** The call has ended. */
  stop: () => void;
}

/** @param ms From now on, in milliseconds. */
export function startDeadline(ms: number): CallDeadline {
  const deadline = Object.assign(new EventEmitter(), {
    aborted: false,
    stop: () => clearTimeout(timer),
  });
  const timer = setTimeout(() => {
    deadline.aborted = true;
    deadline.emit("abort");
  }, ms);
  return deadline;
}
