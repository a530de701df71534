// Timers that a test ends itself, so that no machine is too slow for them.
import type { Socket } from "node:net";

afterEach(() => jest.useRealTimers());

/** From now on, `setTimeout` waits for `jest.advanceTimersByTime`; sockets and all else of Node go on. */
export const holdTimeouts = (): void =>
  void jest.useFakeTimers({
    doNotFake: [
      ...(["Date", "performance", "hrtime"] as const),
      ...(["nextTick", "queueMicrotask", "setImmediate", "clearImmediate"] as const),
      ...(["setInterval", "clearInterval"] as const),
    ],
  });

/**
 * Ends the time that a socket may be without traffic. As when that has passed, Node first looks whether the peer has taken
 * some of what was written, which no `emit("timeout")` would do.
 */
export const endSocketTimer = (socket: Socket | null): void =>
  (socket as Socket & { _onTimeout(): void })._onTimeout();
