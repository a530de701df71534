// Knows every connection of an HTTP server, and which of them may end without losing a request.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { createChunkJoiner } from "./chunked-bodies";
import { endConnection } from "./end-connection";
import { interceptRequests } from "./http-interception";
import { createPipelining } from "./http-pipelining";
import { isWebSocket, sendGoingAway } from "./websocket";

/**
 * After an answer whose head had promised to keep the connection, the client's next request may be on its way: a proxy
 * takes the connection that has just become free. In milliseconds.
 */
const REUSE_GRACE_MS = 250;

interface Connection {
  /** Whether it has ever carried a request. */
  used: boolean;
  /** How many of its requests have not seen the end of their response: one is being handled, the others wait. */
  inFlight: number;
  /** The response to the latest of those, or to one whose body is still to come. */
  last?: ServerResponse | undefined;
}

interface Upgraded {
  req: IncomingMessage;
  /** What its connection had been sent before: the answer that accepts the upgrade comes behind it. */
  bytesBefore: number;
  hasFarewell: boolean;
}

/** The connections of one HTTP server. */
export interface HttpConnections {
  /**
   * From now on every response says `Connection: close`, and its connection ends with it; soon after it where the
   * response can no longer say so.
   */
  closeAfterResponse(): void;
  /** The response to a connection's latest request, unless both are over. */
  latest(socket: Socket): ServerResponse | undefined;
  /** Whether a connection has carried requests, and none is in flight. */
  isKeptAlive(socket: Socket): boolean;
  /** Answers what clients have sent ahead of their answers, and takes nothing more of that kind. */
  stopPipelining(): void;
  /** Gives clients less time to go on reading their answers, in milliseconds, now and later. */
  hurry(stalledMs: number): void;
  /** Ends connections with no request in flight: those that have carried one, or those that never did. */
  endIdle(which: "used" | "unused"): void;
  /**
   * Tells WebSockets that the server is going away, those that idle connections still become among them, and ends the
   * sending side of other upgraded connections.
   */
  farewellUpgraded(): void;
  /** Cuts upgraded connections whose peer has not ended them after the farewell, and ends those that had none yet. */
  destroyUpgraded(): void;
  /** Cuts all that is left. */
  destroy(): void;
}

/** Watches a server's connections; to be called before it listens. */
export function trackHttpConnections(server: Server): HttpConnections {
  const connections = new Map<Socket, Connection>();
  const upgraded = new Map<Socket, Upgraded>();
  const joinChunks = createChunkJoiner();
  let closing = false;
  let isFarewell = false;

  server.on("connection", (socket: Socket) => {
    connections.set(socket, { used: false, inFlight: 0 });
    socket.once("close", () => {
      connections.delete(socket);
      upgraded.delete(socket);
      pipelining.drop(socket);
    });
  });

  const handle = interceptRequests(server, {
    request(req, res) {
      const { socket } = req;
      const connection = connections.get(socket);
      if (!connection) return handle(req, res);
      if (hasCrossedEnd(socket)) return;
      if (connection.inFlight > 0 && !pipelining.admit(socket)) return;
      // Only the last may close the connection: an earlier one would lose it.
      if (closing) setKeepAlive(connection, true);
      connection.used = true;
      connection.inFlight++;
      connection.last = res;
      if (closing) setKeepAlive(connection, false);
      res.on("close", () => {
        if (--connection.inFlight > 0) return pipelining.next(socket);
        if (req.complete) connection.last = undefined;
        if (!closing) return;
        if (res.shouldKeepAlive) setTimeout(endUnlessUsed, REUSE_GRACE_MS, socket).unref();
        else endConnection(socket);
      });
      joinChunks(req);
      if (connection.inFlight > 1) pipelining.wait(req, res);
      else handle(req, res);
    },
    upgrade(req, socket, handOver) {
      if (hasCrossedEnd(socket)) return;
      const upgrade = (): void => {
        const entry = { req, bytesBefore: socket.bytesWritten, hasFarewell: false };
        connections.delete(socket);
        upgraded.set(socket, entry);
        // Goes on reading, should a body before it have been too much at once.
        socket.push("");
        handOver();
        if (isFarewell) sayFarewell(socket, entry);
      };
      const connection = connections.get(socket);
      if (!connection?.inFlight) return upgrade();
      connection.inFlight++;
      pipelining.waitToUpgrade(socket, upgrade);
    },
  });
  const pipelining = createPipelining(handle, () => connections.keys());

  function endUnlessUsed(socket: Socket): void {
    if (connections.get(socket)?.inFlight === 0) endConnection(socket);
  }

  return {
    closeAfterResponse() {
      closing = true;
      for (const connection of connections.values()) setKeepAlive(connection, false);
    },
    latest: (socket) => connections.get(socket)?.last,
    isKeptAlive(socket) {
      const connection = connections.get(socket);
      return connection?.inFlight === 0 && connection.used;
    },
    stopPipelining: () => pipelining.stopAdmitting(),
    hurry(stalledMs) {
      server.timeout = stalledMs;
      for (const [socket, { inFlight }] of connections) {
        if (inFlight > 0) socket.setTimeout(stalledMs);
      }
    },
    endIdle(which) {
      for (const [socket, { inFlight, used }] of connections) {
        if (inFlight === 0 && used === (which === "used")) endConnection(socket);
      }
    },
    farewellUpgraded() {
      isFarewell = true;
      for (const [socket, entry] of upgraded) sayFarewell(socket, entry);
    },
    destroyUpgraded() {
      for (const [socket, entry] of upgraded) {
        if (sayFarewell(socket, entry)) endConnection(socket);
        else socket.destroy();
      }
    },
    destroy() {
      for (const socket of [...connections.keys(), ...upgraded.keys()]) socket.destroy();
    },
  };
}

/** Whether what comes has crossed the end of its connection: nobody would learn what became of it, so nothing may. */
const hasCrossedEnd = (socket: Socket): boolean => socket.writableEnded;

/** Says whether it has done so: not twice, and not before the upgrade is accepted. */
function sayFarewell(socket: Socket, entry: Upgraded): boolean {
  if (entry.hasFarewell || socket.bytesWritten === entry.bytesBefore) return false;
  entry.hasFarewell = true;
  if (isWebSocket(entry.req)) sendGoingAway(socket);
  else socket.end();
  return true;
}

/** Lets the connection outlive its last response, or end with it; too late once that one's head is written. */
function setKeepAlive({ last }: Connection, keepAlive: boolean): void {
  if (last && !last.headersSent) last.shouldKeepAlive = keepAlive;
}
