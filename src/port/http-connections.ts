// Knows every connection of an HTTP server, and which of them may end without losing a request.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isWebSocket, sendGoingAway } from "./websocket";

interface Connection {
  readonly inFlight: Set<ServerResponse>;
  /** Whether it has ever carried a request. */
  used: boolean;
}

/** The connections of one HTTP server. */
export interface HttpConnections {
  /** From now on every response says `Connection: close`, and its connection ends with it. */
  closeAfterResponse(): void;
  /** Ends connections with no request in flight: those that have carried one, or those that never did. */
  endIdle(which: "used" | "unused"): void;
  /** Tells WebSockets that the server is going away, and ends the sending side of other upgraded connections. */
  farewellUpgraded(): void;
  /** Cuts upgraded connections whose peer has not ended them after the farewell. */
  destroyUpgraded(): void;
  /** Cuts all that is left. */
  destroy(): void;
}

/** How long a peer may take to answer the end of its connection before it is cut, in milliseconds. */
const LINGER_MS = 500;

/** Watches a server's connections; to be called before it listens. */
export function trackHttpConnections(server: Server): HttpConnections {
  const connections = new Map<Socket, Connection>();
  const upgraded = new Map<Socket, IncomingMessage>();
  let closing = false;

  server.on("connection", (socket: Socket) => {
    connections.set(socket, { inFlight: new Set(), used: false });
    socket.once("close", () => {
      connections.delete(socket);
      upgraded.delete(socket);
    });
  });

  server.prependListener("request", (req: IncomingMessage, res: ServerResponse) => {
    const { socket } = req;
    const connection = connections.get(socket);
    if (!connection) return;
    connection.used = true;
    connection.inFlight.add(res);
    if (closing) closeAfterLast(connection);
    res.once("close", () => {
      connection.inFlight.delete(res);
      if (closing && connection.inFlight.size === 0) end(socket);
    });
  });

  onUpgrade(server, (req) => {
    connections.delete(req.socket);
    upgraded.set(req.socket, req);
  });

  return {
    closeAfterResponse() {
      closing = true;
      for (const connection of connections.values()) closeAfterLast(connection);
    },
    endIdle(which) {
      for (const [socket, { inFlight, used }] of connections) {
        if (inFlight.size === 0 && used === (which === "used")) end(socket);
      }
    },
    farewellUpgraded() {
      for (const [socket, req] of upgraded) {
        if (isWebSocket(req)) sendGoingAway(socket);
        else socket.end();
      }
    },
    destroyUpgraded() {
      for (const socket of upgraded.keys()) socket.destroy();
    },
    destroy() {
      for (const socket of [...connections.keys(), ...upgraded.keys()]) socket.destroy();
    },
  };
}

/** Lets the last of a connection's responses close it: a close on an earlier, pipelined one would lose the later ones. */
function closeAfterLast({ inFlight }: Connection): void {
  const unsent = [...inFlight].filter((res) => !res.headersSent);
  for (const res of unsent) res.shouldKeepAlive = res !== unsent.at(-1);
}

/** Sends FIN after what is still to be written, and does not wait for ever for the peer's. */
function end(socket: Socket): void {
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** Listens for upgrades only once somebody else does: a listener alone makes Node hand over the socket unanswered. */
function onUpgrade(server: Server, listener: (req: IncomingMessage) => void): void {
  for (const event of ["upgrade", "connect"]) {
    const listenToo = (added: string | symbol): void => {
      if (added !== event) return;
      server.off("newListener", listenToo);
      server.prependListener(event, listener);
    };
    if (server.listenerCount(event) > 0) listenToo(event);
    else server.on("newListener", listenToo);
  }
}
