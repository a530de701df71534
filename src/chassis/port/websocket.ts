// The one WebSocket frame that a draining server must be able to send, whichever library speaks the rest.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** A whole, unmasked Close frame: FIN and opcode 8, two bytes of payload, status 1001 "going away". */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** Whether the request asked to become a WebSocket. */
export const isWebSocket = (req: IncomingMessage): boolean =>
  req.headers.upgrade?.toLowerCase() === "websocket";

/**
 * Asks the peer to close; control frames may stand between any two frames, so this interrupts no message.
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
 */
export function sendGoingAway(socket: Socket): void {
  if (socket.writable) socket.write(GOING_AWAY);
}
