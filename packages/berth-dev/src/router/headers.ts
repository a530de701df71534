// The headers of a request to an instance, and of a response to a client.
import type { IncomingMessage } from "node:http";
import { peerAddress } from "berth/listener";

/**
 * Hop-by-hop headers. Transfer-Encoding is one too: each connection has its own.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
];
/** Headers that the router sets itself. */
const FORWARDED = [
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-request-id",
];
const NOT_IN_REQUEST = new Set([...HOP_BY_HOP, ...FORWARDED]);
const NOT_IN_RESPONSE = new Set(HOP_BY_HOP);
/** These change the meaning of a message, so a Connection header cannot remove them. */
const NEVER_NOMINATED = new Set(["host", "content-length"]);
/** For other methods without a Content-Length, Node would send a chunked body. */
const WITHOUT_BODY = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** Alternating names and values, as in Node's `rawHeaders`. */
export type RawHeaders = string[];

/** Returns the headers of a request to an instance, with `Upgrade` only if `upgrades`. */
export function requestHeaders(req: IncomingMessage, id: string, upgrades: boolean): RawHeaders {
  const { headers, socket } = req;
  const isChunked = headers["transfer-encoding"] !== undefined;
  const kept = keep(req, NOT_IN_REQUEST, isChunked);
  const sent = headers["x-forwarded-for"];
  const client = peerAddress(socket) ?? "unknown";
  kept.push("X-Forwarded-For", sent === undefined ? client : `${String(sent)}, ${client}`);
  kept.push("X-Forwarded-Proto", "http", "X-Forwarded-Port", String(socket.localPort));
  kept.push("X-Request-Id", id);
  if (headers.host !== undefined) kept.push("X-Forwarded-Host", headers.host);
  // HTTP/1.0 needs no Host, but is forwarded as HTTP/1.1.
  else if (req.httpVersion === "1.0") kept.push("Host", `localhost:${socket.localPort}`);
  if (upgrades) kept.push("Connection", "Upgrade", "Upgrade", headers.upgrade ?? "");
  if (isChunked) kept.push("Transfer-Encoding", "chunked");
  else if (headers["content-length"] === undefined && !WITHOUT_BODY.has(req.method ?? ""))
    kept.push("Content-Length", "0");
  return kept;
}

/** Returns the headers of the response to the client of `req`. */
export function responseHeaders(response: IncomingMessage, req: IncomingMessage): RawHeaders {
  const isChunked = response.headers["transfer-encoding"] !== undefined;
  return keep(
    response,
    NOT_IN_RESPONSE,
    isChunked && req.method !== "HEAD" && req.httpVersion !== "1.0",
  );
}

/** Returns the headers without those in `dropped`, those that Connection nominates, and Trailer where trailers cannot follow. */
function keep(
  { rawHeaders, headers }: IncomingMessage,
  dropped: ReadonlySet<string>,
  canHaveTrailers: boolean,
): RawHeaders {
  const nominated = nominees(headers.connection);
  const kept: RawHeaders = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lowered = name.toLowerCase();
    if (dropped.has(lowered) || nominated?.has(lowered)) continue;
    if (lowered === "trailer" && !canHaveTrailers) continue;
    kept.push(name, rawHeaders[i + 1] as string);
  }
  return kept;
}

/** The headers that a Connection header makes hop-by-hop; undefined for none. */
function nominees(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return;
  const names = connection.split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !NEVER_NOMINATED.has(name)));
}
