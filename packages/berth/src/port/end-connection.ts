// Closes a connection gracefully (lingering close), so that the peer receives everything that was sent.
import type { Socket } from "node:net";

/** How long the peer may take to send its FIN before the connection is destroyed, in milliseconds. */
const LINGER_MS = 500;

/**
 * Sends FIN after the pending data, and waits a limited time for the peer's FIN.
 * Closing at once could reset the connection, and discard data that the peer has not read.
 * @param last Data to send before the FIN.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function endConnection(socket: Socket, last?: string): void {
  if (last === undefined) socket.end();
  else socket.end(last);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
