// Cuts connections whose client has stopped reading its answer.
import type { Server, ServerResponse } from "node:http";
import type { HttpConnections } from "./http-connections";

/**
 * Cuts a connection of which the client has taken nothing for as long as this, and at most twice as long, though
 * something waits to be taken. A handler that takes its time and a stream that has nothing to send are left alone.
 * Node's own timer is used because it alone knows how much of a large write has been taken.
 * @param timeoutMs In milliseconds.
 */
export function cutStalledAnswers(
  server: Server,
  connections: HttpConnections,
  timeoutMs: number,
): void {
  server.setTimeout(timeoutMs, (socket) => {
    // Somebody who listens has to do what Node would: the same timer ends connections that are kept alive, and is a
    // handler's own after `res.setTimeout`.
    const isDue =
      connections.isKeptAlive(socket) ||
      socket.writableLength > 0 ||
      (socket.timeout !== server.timeout && !isHeard(connections.latest(socket)));
    if (isDue) socket.destroy();
  });
}

/** Whether a handler has a callback for its own timeout. */
const isHeard = (res?: ServerResponse): boolean =>
  res !== undefined && res.listenerCount("timeout") + res.req.listenerCount("timeout") > 0;
