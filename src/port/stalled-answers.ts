// Cuts connections whose client has stopped reading its answer.
import type { Server } from "node:http";
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
    // Somebody who listens has to end idle connections, too: theirs is the same timer.
    if (connections.isIdle(socket) || socket.writableLength > 0) socket.destroy();
  });
}
