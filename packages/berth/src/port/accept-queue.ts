// Drains a listener's accept queue: connections that are established but not accepted are reset when it closes.
import type { Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** When to give up if new connections keep arriving, in milliseconds. */
const LIMIT_MS = 200;

/**
 * Watches a server, which need not listen yet.
 * @returns A function that resolves after a turn of the event loop in which no connection was accepted. Node accepts one
 *   per turn, and none between a signal and the next turn.
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
