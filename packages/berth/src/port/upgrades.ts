// Lets only those requests change the protocol whose protocol is served.
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { isHandshake } from "./websocket";

/** Decides whether a request that asks for another protocol gets it. */
export type IsUpgrade = (req: IncomingMessage) => boolean;

/** What Node does not document, though it is as old as its HTTP server: tests fail when it is gone. */
type ParsedSocket = Socket & {
  parser?: { onIncoming?: ((req: IncomingMessage, keepAlive: boolean) => unknown) | null } | null;
};

/**
 * Answers a request as any other where it asks for a protocol that nobody speaks: a server may ignore `Upgrade`. Once
 * somebody listens to `upgrade`, Node hands over every request with that header, without its body, and a WebSocket
 * library refuses those that are no handshakes: curl's with `--http2`, and the first ones of Java's client.
 * From version 24.9 on, Node has an option for this, `shouldUpgradeCallback`.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 */
export function ignoreUpgrades(server: Server, isUpgrade: IsUpgrade = isHandshake): void {
  server.on("connection", ({ parser }: ParsedSocket) => {
    const onIncoming = parser?.onIncoming;
    // Without a listener Node ignores them itself.
    if (!onIncoming || server.listenerCount("upgrade") === 0) return;
    parser.onIncoming = (req, keepAlive) => {
      const request = req as IncomingMessage & { upgrade: boolean };
      if (request.upgrade && req.method !== "CONNECT") request.upgrade = isUpgrade(req);
      return onIncoming(req, keepAlive);
    };
  });
}
