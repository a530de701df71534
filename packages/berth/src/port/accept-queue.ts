// Drains a listener's accept queue: connections that are established but not accepted are reset when it closes.
import type { Server } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * When to give up if new connections keep arriving: after as many as can have waited (`net.core.somaxconn`). A time limit
 * would abandon those that wait for a process that gets too little CPU.
 */
const LIMIT = 4096;

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
    const last = accepted + LIMIT;
    await nextTurn();
    for (let before = -1; accepted > before && accepted < last;) {
      before = accepted;
      await nextTurn();
    }
  };
}
