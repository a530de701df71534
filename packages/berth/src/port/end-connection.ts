// Ends a connection so that the peer gets all that was sent.
import type { Socket } from "node:net";

/** How long a peer may take to answer the end of its connection before it is cut, in milliseconds. */
const LINGER_MS = 500;

/**
 * Sends FIN after what is still to be written, and does not wait for ever for the peer's.
 * Closing at once could reset the connection, and with it what the peer has not read.
 * @param last What to send before it.
 */
export function endConnection(socket: Socket, last?: string): void {
  if (last === undefined) socket.end();
  else socket.end(last);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
