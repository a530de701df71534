// Controls timers from a test, so that no test depends on the speed of the machine.
import type { Socket } from "node:net";

globalThis.afterEach?.(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** Fakes only `setTimeout`, which then waits for `jest.advanceTimersByTime`; sockets and the rest of Node keep working. */
export const holdTimeouts = (): void =>
  void jest.useFakeTimers({
    doNotFake: [
      ...(["Date", "performance", "hrtime"] as const),
      ...(["nextTick", "queueMicrotask", "setImmediate", "clearImmediate"] as const),
      ...(["setInterval", "clearInterval"] as const),
    ],
  });

/**
 * Watches `setTimeout`; returns a function that calls back the first timer with at least this delay, in milliseconds, or
 * throws if there is none.
 */
export function watchTimeouts(): (leastMs: number) => void {
  const timeouts = jest.spyOn(globalThis, "setTimeout");
  return (leastMs) => {
    const timer = timeouts.mock.calls.find(([, ms]) => Number(ms) >= leastMs);
    if (timer === undefined) {
      const delays = timeouts.mock.calls.map(([, ms]) => Number(ms ?? 0)).join(", ");
      throw new Error(
        `no timer of ${leastMs} ms or more was set; delays in ms: ${delays || "none"}`,
      );
    }
    const [end, , ...args] = timer;
    end(...args);
  };
}

/**
 * Fires a socket's idle timer. Unlike `emit("timeout")`, this lets Node first check whether the peer has read some of the
 * pending data.
 */
export const endSocketTimer = (socket: Socket | null): void =>
  (socket as Socket & { _onTimeout(): void })._onTimeout();
