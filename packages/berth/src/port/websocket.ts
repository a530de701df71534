// What a server knows of WebSockets: how one begins, and the one frame that says that it must end. A library of the
// owner's choice speaks the rest.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** A whole, unmasked Close frame: FIN and opcode 8, two bytes of payload, status 1001 "going away". */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** Whether the request asked to become a WebSocket. */
export const isWebSocket = (req: IncomingMessage): boolean =>
  req.headers.upgrade?.toLowerCase() === "websocket";

/** Whether the request begins one. @see https://www.rfc-editor.org/rfc/rfc6455#section-4.1 */
export const isHandshake = (req: IncomingMessage): boolean =>
  req.method === "GET" && isWebSocket(req);

/**
 * Asks the peer to close; control frames may stand between any two frames, so this interrupts no message.
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
 */
export function sendGoingAway(socket: Socket): void {
  if (socket.writable) socket.write(GOING_AWAY);
}
