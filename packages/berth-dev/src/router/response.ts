// Forwards what an instance sends back: responses, interim responses, bodies, and the bytes of an upgraded connection.
import type {
  ClientRequest,
  IncomingMessage,
  InformationEvent,
  OutgoingMessage,
  ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { responseHeaders } from "./headers";

/** A client's request, and its response. */
export interface Exchange {
  id: string;
  req: IncomingMessage;
  res: ServerResponse;
  /** What the client has sent after a request to upgrade the connection. */
  upgradeHead?: Buffer;
}

/** Lingering close: how long to read from a client that is still sending its body when its response ends, in milliseconds. */
const LINGER_MS = 500;

/** Forwards the interim responses 102 and 103. The listener itself sends 100, once the body is read. */
export function forwardInformation(
  { statusCode, headers }: InformationEvent,
  res: ServerResponse,
): void {
  try {
    if (statusCode === 102) res.writeProcessing();
    if (statusCode === 103 && headers.link !== undefined)
      res.writeEarlyHints({ link: headers.link });
  } catch {
    // Node rejects some early hints, and a client can do without them.
  }
}

/** Forwards a response with its body. @throws Error when Node accepts its head but refuses to send it. */
export function forwardResponse(
  { req, res }: Exchange,
  response: IncomingMessage,
  outgoing: ClientRequest,
): void {
  const headers = responseHeaders(response, req);
  // The connection cannot be reused while the client is still sending.
  if (!req.complete) headers.push("Connection", "close");
  res.writeHead(response.statusCode ?? 502, response.statusMessage, headers);
  // A truncated response must not look complete.
  response.on("error", () => res.destroy());
  relay(response, res, () => {
    if (req.complete) return void res.end();
    // Closing at once could send a reset, which discards the response before the client has read it.
    outgoing.destroy();
    req.resume();
    const end = (): void => {
      clearTimeout(linger);
      res.end();
    };
    const linger = setTimeout(end, LINGER_MS);
    req.once("end", end);
  });
}

/** Forwards a body with backpressure, and its trailers. Sends the head at once if no body has arrived yet. */
export function relay(
  from: IncomingMessage,
  to: OutgoingMessage,
  onEnd = () => void to.end(),
): void {
  let isFirst = true;
  const flush = setImmediate(() => isFirst && to.flushHeaders());
  const begin = (): void => {
    isFirst = false;
    clearImmediate(flush);
  };
  from.on("data", (chunk: Buffer) => {
    if (isFirst) begin();
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => {
    begin();
    if (from.rawTrailers.length > 0) to.addTrailers(inPairs(from.rawTrailers));
    onEnd();
  });
}

function inPairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""]] : []));
}

/** Listener that closes a half-closed client connection, as nginx does: the client has nearly always gone. */
export function hangUp(this: Socket): void {
  this.destroy();
}

/**
 * Connects a client with an instance that has accepted an upgrade, until one of them ends.
 * @param head What the instance has sent after its response.
 */
export function joinSockets(
  exchange: Exchange,
  response: IncomingMessage,
  upstream: Socket,
  head: Buffer,
): void {
  const { req, res, upgradeHead } = exchange;
  const client = req.socket;
  if (upgradeHead === undefined) {
    upstream.destroy();
    return void res.destroy();
  }
  client.off("end", hangUp);
  res.detachSocket(client);
  client.write(headText(response));
  client.write(head);
  upstream.write(upgradeHead);
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    // Writes what is left in the buffer first.
    from.on("close", () => to.destroySoon());
  }
}

function headText({ rawHeaders, statusCode, statusMessage }: IncomingMessage): string {
  const lines = rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join("")}\r\n`;
}
