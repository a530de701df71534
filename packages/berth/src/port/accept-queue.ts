// Connections that are made, and wait at a listener for the service to take them: closing the listener resets them.
import type { Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Where more connections come all the time, this is given up after so long, in milliseconds. */
const LIMIT_MS = 200;

/**
 * Watches a server, which may not listen yet.
 * @returns Lets the server take those that wait, and resolves in a turn of the event loop in which none did. Node takes
 *   one in each turn, and none between a signal and the next turn.
 * @see https://github.com/libuv/libuv/pull/3696
 */
export function watchAcceptQueue(server: Server): () => Promise<void> {
  let accepted = 0;
  server.on("connection", () => accepted++);
  return async () => {
    const deadline = performance.now() + LIMIT_MS;
    await nextTurn();
    for (;;) {
      const before = accepted;
      await nextTurn();
      if (accepted === before || performance.now() > deadline) return;
    }
  };
}
