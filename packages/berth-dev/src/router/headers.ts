// What a message's head looks like on the other side of the router.
import type { IncomingMessage } from "node:http";
import { peerAddress } from "berth/listener";

/**
 * Meant for the next hop alone. Transfer-Encoding is, too: each side has its own.
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
/** What the router says itself of each request. */
const OWN = [
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-request-id",
];
const NOT_REQUESTED = new Set([...HOP_BY_HOP, ...OWN]);
const NOT_ANSWERED = new Set(HOP_BY_HOP);
/** Without these a message would be another one, whatever its Connection header says. */
const NEVER_NOMINATED = new Set(["host", "content-length"]);
/** Node sends others in chunks when nothing tells the length of a body. */
const BODILESS = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** Names and values in turn, as Node's `rawHeaders`. */
export type RawHeaders = string[];

/** Returns the head of what is sent to an instance, with an `Upgrade` only when `upgrades`. */
export function requestHeaders(req: IncomingMessage, id: string, upgrades: boolean): RawHeaders {
  const { headers, socket } = req;
  const isChunked = headers["transfer-encoding"] !== undefined;
  const kept = keep(req, NOT_REQUESTED, isChunked);
  const sent = headers["x-forwarded-for"];
  const client = peerAddress(socket) ?? "unknown";
  kept.push("X-Forwarded-For", sent === undefined ? client : `${String(sent)}, ${client}`);
  kept.push("X-Forwarded-Proto", "http", "X-Forwarded-Port", String(socket.localPort));
  kept.push("X-Request-Id", id);
  if (headers.host !== undefined) kept.push("X-Forwarded-Host", headers.host);
  // HTTP/1.0 does without, and is passed on as HTTP/1.1.
  else if (req.httpVersion === "1.0") kept.push("Host", `localhost:${socket.localPort}`);
  if (upgrades) kept.push("Connection", "Upgrade", "Upgrade", headers.upgrade ?? "");
  if (isChunked) kept.push("Transfer-Encoding", "chunked");
  else if (headers["content-length"] === undefined && !BODILESS.has(req.method ?? ""))
    kept.push("Content-Length", "0");
  return kept;
}

/** Returns the head of what is answered to the client of `req`. */
export function responseHeaders(answer: IncomingMessage, req: IncomingMessage): RawHeaders {
  const isChunked = answer.headers["transfer-encoding"] !== undefined;
  return keep(
    answer,
    NOT_ANSWERED,
    isChunked && req.method !== "HEAD" && req.httpVersion !== "1.0",
  );
}

/** Returns the headers but those in `dropped`, those that the Connection header names, and the announcement of trailers that cannot follow. */
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

function nominees(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return;
  const names = connection.split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !NEVER_NOMINATED.has(name)));
}
