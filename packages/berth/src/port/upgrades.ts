// Decides which requests may upgrade to WebSockets, and closes those connections. A library of the owner's choice does
// the rest.
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/** Whether a request with an `Upgrade` header may change the protocol. */
export type IsUpgrade = (req: IncomingMessage) => boolean;

/** Undocumented, but as old as Node's HTTP server; tests fail if it changes. */
type ParsedSocket = Socket & {
  parser?: { onIncoming?: ((req: IncomingMessage, keepAlive: boolean) => unknown) | null } | null;
};

/** Whether the request asks for a WebSocket. */
export const isWebSocket = (req: IncomingMessage): boolean =>
  req.headers.upgrade?.toLowerCase() === "websocket";

/** Whether the request is a WebSocket handshake. @see https://www.rfc-editor.org/rfc/rfc6455#section-4.1 */
const isHandshake = (req: IncomingMessage): boolean => req.method === "GET" && isWebSocket(req);

/**
 * Handles a request for an unsupported protocol like any other: a server may ignore `Upgrade`. Once `upgrade` has a
 * listener, Node passes it every request with that header, without its body, and WebSocket libraries refuse those that are
 * not handshakes, such as curl's with `--http2`, and the first one of Java's client.
 * Since version 24.9, Node has an option for this, `shouldUpgradeCallback`.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 */
export function ignoreUpgrades(server: Server, isUpgrade: IsUpgrade = isHandshake): void {
  server.on("connection", ({ parser }: ParsedSocket) => {
    const onIncoming = parser?.onIncoming;
    // Without a listener, Node itself ignores upgrades.
    if (!onIncoming || server.listenerCount("upgrade") === 0) return;
    parser.onIncoming = (req, keepAlive) => {
      const request = req as IncomingMessage & { upgrade: boolean };
      if (request.upgrade && req.method !== "CONNECT") request.upgrade = isUpgrade(req);
      return onIncoming(req, keepAlive);
    };
  });
}

/** A complete, unmasked Close frame: FIN and opcode 8, two bytes of payload, status 1001 "going away". */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/**
 * Asks the peer of a WebSocket to close it; control frames may come between any two frames, so no message is interrupted.
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
 */
export function sendGoingAway(socket: Socket): void {
  if (socket.writable) socket.write(GOING_AWAY);
}
