// Tracks the connections of an HTTP server, to know which of them can be closed without losing a request.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { createChunkJoiner } from "./chunked-bodies";
import { endConnection } from "./end-connection";
import { createPipelining } from "./http-pipelining";
import { isWebSocket, sendGoingAway } from "./upgrades";

/**
 * How long a connection stays open after a response without `Connection: close`, in milliseconds: the next request may be
 * on its way, because proxies reuse the connection that was freed last.
 */
const REUSE_GRACE_MS = 250;

interface Connection {
  /** Whether it has ever carried a request. */
  isUsed: boolean;
  /** How many of its requests have no complete response: one is being handled, the others wait. */
  inFlight: number;
  /** The latest response; undefined once both it and its request are complete. */
  last?: ServerResponse | undefined;
}

interface Upgraded {
  req: IncomingMessage;
  /** `bytesWritten` before the response that accepts the upgrade. */
  bytesBefore: number;
  isCloseSent: boolean;
}

/** The connections of one HTTP server. */
export interface HttpConnections {
  /**
   * From now on every response has `Connection: close`, and its connection closes after it; a little later if the head was
   * already sent.
   */
  closeAfterResponse(): void;
  /** The response to a connection's latest request; undefined once both are complete. */
  latest(socket: Socket): ServerResponse | undefined;
  /** Whether a connection has carried requests, and none is in flight. */
  isKeptAlive(socket: Socket): boolean;
  /** Handles the pipelined requests that have arrived, and admits no more. */
  stopPipelining(): void;
  /** Changes how long clients may stop reading, in milliseconds, for present and future responses. */
  setResponseTimeout(timeoutMs: number): void;
  /** Closes connections without a request in flight: those that have carried one, or those that never did. */
  endIdle(which: "used" | "unused"): void;
  /** Sends a Close frame to WebSockets, present and future, and FIN to other upgraded connections. */
  closeUpgraded(): void;
  /** Destroys upgraded connections whose peer has not closed them since, and closes the others. */
  destroyUpgraded(): void;
  /** Destroys all remaining connections. */
  destroy(): void;
}

/** Tracks a server's connections; call it before the server listens. */
export function trackHttpConnections(server: Server): HttpConnections {
  const connections = new Map<Socket, Connection>();
  const upgraded = new Map<Socket, Upgraded>();
  const joinChunks = createChunkJoiner();
  let isClosing = false;
  let isClosingUpgraded = false;

  server.on("connection", (socket: Socket) => {
    connections.set(socket, { isUsed: false, inFlight: 0 });
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
      if (isEnded(socket)) return;
      if (connection.inFlight > 0 && !pipelining.admit(socket)) return;
      // The earlier response must not close the connection: this request would be lost.
      if (isClosing) setKeepAlive(connection, true);
      connection.isUsed = true;
      connection.inFlight++;
      connection.last = res;
      if (isClosing) setKeepAlive(connection, false);
      res.on("close", () => {
        if (--connection.inFlight > 0) return pipelining.next(socket);
        if (req.complete) connection.last = undefined;
        if (!isClosing) return;
        if (res.shouldKeepAlive) setTimeout(endUnlessUsed, REUSE_GRACE_MS, socket).unref();
        else endConnection(socket);
      });
      joinChunks(req);
      if (connection.inFlight > 1) pipelining.enqueue(req, res);
      else handle(req, res);
    },
    upgrade(req, socket, emit) {
      if (isEnded(socket)) return;
      const upgrade = (): void => {
        const entry = { req, bytesBefore: socket.bytesWritten, isCloseSent: false };
        connections.delete(socket);
        upgraded.set(socket, entry);
        // Resumes reading, in case an earlier chunked body has paused it.
        socket.push("");
        emit();
        if (isClosingUpgraded) sendClose(socket, entry);
      };
      const connection = connections.get(socket);
      if (!connection?.inFlight) return upgrade();
      connection.inFlight++;
      pipelining.enqueueUpgrade(socket, upgrade);
    },
  });
  const pipelining = createPipelining(handle, () => connections.keys());

  function endUnlessUsed(socket: Socket): void {
    if (connections.get(socket)?.inFlight === 0) endConnection(socket);
  }

  return {
    closeAfterResponse() {
      isClosing = true;
      for (const connection of connections.values()) setKeepAlive(connection, false);
    },
    latest: (socket) => connections.get(socket)?.last,
    isKeptAlive(socket) {
      const connection = connections.get(socket);
      return connection?.inFlight === 0 && connection.isUsed;
    },
    stopPipelining: () => pipelining.stopAdmitting(),
    setResponseTimeout(timeoutMs) {
      server.timeout = timeoutMs;
      for (const [socket, { inFlight }] of connections) {
        if (inFlight > 0) socket.setTimeout(timeoutMs);
      }
    },
    endIdle(which) {
      for (const [socket, { inFlight, isUsed }] of connections) {
        if (inFlight === 0 && isUsed === (which === "used")) endConnection(socket);
      }
    },
    closeUpgraded() {
      isClosingUpgraded = true;
      for (const [socket, entry] of upgraded) sendClose(socket, entry);
    },
    destroyUpgraded() {
      for (const [socket, entry] of upgraded) {
        if (sendClose(socket, entry)) endConnection(socket);
        else socket.destroy();
      }
    },
    destroy() {
      for (const socket of [...connections.keys(), ...upgraded.keys()]) socket.destroy();
    },
  };
}

/** What receives a server's requests instead of its listeners. */
interface Interceptor {
  request(req: IncomingMessage, res: ServerResponse): void;
  /** @param emit Calls the listeners of `upgrade` or `connect`. */
  upgrade(req: IncomingMessage, socket: Socket, emit: () => void): void;
}

/**
 * Lets the interceptor decide when a server's listeners are called, including those that are added later.
 * @returns A function that calls the listeners of `request`.
 */
function interceptRequests(
  server: Server,
  interceptor: Interceptor,
): (req: IncomingMessage, res: ServerResponse) => void {
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
  const intercept = (event: string, ...args: unknown[]): boolean => {
    const [req, target] = args as [IncomingMessage, unknown];
    if (event === "request") interceptor.request(req, target as ServerResponse);
    else if (event === "upgrade" || event === "connect") {
      interceptor.upgrade(req, target as Socket, () => void emit(event, ...args));
    } else return emit(event, ...args);
    return true;
  };
  server.emit = intercept;
  return (req, res) => void emit("request", req, res);
}

/** Whether the server has already sent FIN: a request that arrives now can get no response, so it must not be handled. */
const isEnded = (socket: Socket): boolean => socket.writableEnded;

/** Sends a Close frame or FIN, unless it was sent before or the upgrade is not accepted yet; returns whether it did. */
function sendClose(socket: Socket, entry: Upgraded): boolean {
  if (entry.isCloseSent || socket.bytesWritten === entry.bytesBefore) return false;
  entry.isCloseSent = true;
  if (isWebSocket(entry.req)) sendGoingAway(socket);
  else socket.end();
  return true;
}

/** Sets whether the connection stays open after its last response, unless that one's head was already sent. */
function setKeepAlive({ last }: Connection, keepAlive: boolean): void {
  if (last && !last.headersSent) last.shouldKeepAlive = keepAlive;
}
