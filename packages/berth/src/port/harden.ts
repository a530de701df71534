// Guards an HTTP server against clients that are slow, stalled, gone or pipelining, or that do not speak HTTP.
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import { respondToHalfClosed } from "./half-closed";
import { type HttpConnections, trackHttpConnections } from "./http-connections";
import { type Refuse, refuseRequests } from "./refused-requests";
import { ignoreUpgrades, type IsUpgrade } from "./upgrades";

/** How a server is guarded. */
export interface HardenOptions {
  /** Responds to input that is not a request; by default Node does, with an empty response. */
  refuse?: Refuse | undefined;
  /** Which requests are passed to listeners of `upgrade`: WebSocket handshakes by default. */
  isUpgrade?: IsUpgrade | undefined;
  /** How long a client may stop reading its response, in milliseconds; 60 s by default. */
  responseTimeoutMs?: number | undefined;
}

/**
 * Installs the guards, in an order that matters: tracking comes first because it decides when the other listeners see a
 * request. Call it before the server listens.
 * @returns The server's connections, for draining.
 */
export function harden(server: Server, options: HardenOptions = {}): HttpConnections {
  const { refuse, isUpgrade, responseTimeoutMs = 60_000 } = options;
  const connections = trackHttpConnections(server);
  ignoreUpgrades(server, isUpgrade);
  deferExpectations(server);
  respondToHalfClosed(server);
  destroyStalledConnections(server, connections, responseTimeoutMs);
  if (refuse) refuseRequests(server, connections, refuse);
  return connections;
}

/** The time limit for a request head, in milliseconds, as in nginx: unlike a body, it has at most 16 KiB. */
const MAX_HEAD_MS = 60_000;
/** How late a time limit may be enforced, as a fraction of it. */
const PRECISION = 1 / 20;

/**
 * The server options that limit the time from a request's first byte to the end of its head, and to the end of its body.
 * They limit neither idle connections nor responses.
 * @param requestTimeoutMs For the whole request, in milliseconds.
 * @see https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener
 */
export function requestTimeouts(requestTimeoutMs: number): ServerOptions {
  const headersTimeout = Math.min(MAX_HEAD_MS, requestTimeoutMs);
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    connectionsCheckingInterval: Math.ceil(headersTimeout * PRECISION),
  };
}

/**
 * Passes requests with an `Expect` header to the server's handler like all others, which may refuse unknown expectations.
 * Node would send `100 Continue` at once, and respond 417 itself. Here `100 Continue` is sent when the body is first read: a
 * handler that responds without reading saves the client from sending it, and the connection closes.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
 */
export function deferExpectations(server: Server): void {
  server.on("checkContinue", (req: IncomingMessage, res: ServerResponse) => {
    continueOnceRead(req, res);
    server.emit("request", req, res);
  });
  server.on("checkExpectation", (req, res) => server.emit("request", req, res));
}

/** Every way of reading a stream calls `_read` first. */
function continueOnceRead(req: IncomingMessage, res: ServerResponse): void {
  req._read = (size) => {
    Reflect.deleteProperty(req, "_read");
    // After the response, only Node reads, to discard the body.
    if (!res.headersSent) res.writeContinue();
    req._read(size);
  };
}

/**
 * Closes a connection after its client has read nothing for this long, or up to twice as long, although data waits to be
 * read. Slow handlers and streams without data are not affected.
 * Uses Node's socket timer, because only Node knows how much of a large write has been read.
 * @param timeoutMs In milliseconds.
 */
function destroyStalledConnections(
  server: Server,
  connections: HttpConnections,
  timeoutMs: number,
): void {
  server.setTimeout(timeoutMs, (socket) => {
    // A listener replaces Node's own behavior, so it must also end keep-alive connections, and connections for which a
    // handler has called `res.setTimeout` without a callback: all of them share this timer.
    const isDue =
      connections.isKeptAlive(socket) ||
      socket.writableLength > 0 ||
      (socket.timeout !== server.timeout && !hasTimeoutListener(connections.latest(socket)));
    if (isDue) socket.destroy();
  });
}

const hasTimeoutListener = (res?: ServerResponse): boolean =>
  res !== undefined && res.listenerCount("timeout") + res.req.listenerCount("timeout") > 0;
