// Timers that a test ends itself, so that no machine is too slow for them.
import type { Socket } from "node:net";

globalThis.afterEach?.(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** From now on, `setTimeout` waits for `jest.advanceTimersByTime`; sockets and all else of Node go on. */
export const holdTimeouts = (): void =>
  void jest.useFakeTimers({
    doNotFake: [
      ...(["Date", "performance", "hrtime"] as const),
      ...(["nextTick", "queueMicrotask", "setImmediate", "clearImmediate"] as const),
      ...(["setInterval", "clearInterval"] as const),
    ],
  });

/** Watches `setTimeout`; what it returns ends the first timer that was set to no less than this, as if the time had passed. */
export function watchTimeouts(): (leastMs: number) => void {
  const timeouts = jest.spyOn(globalThis, "setTimeout");
  return (leastMs) => {
    const [end, , ...args] = timeouts.mock.calls.find(([, ms]) => Number(ms) >= leastMs)!;
    end(...args);
  };
}

/**
 * Ends the time that a socket may be without traffic. As when that has passed, Node first looks whether the peer has taken
 * some of what was written, which no `emit("timeout")` would do.
 */
export const endSocketTimer = (socket: Socket | null): void =>
  (socket as Socket & { _onTimeout(): void })._onTimeout();
