// What a client is told whose bytes are no request that Node's parser takes.
import { randomUUID } from "node:crypto";
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Request } from "express";
import type { Logger } from "pino";
import { peerAddress } from "./client-address";
import { helmetHeaders } from "./default-headers";
import { PROBLEM_TYPE, problemText } from "./problem";

const REFUSED_WITH = Symbol.for("berth.refused with");

type Refused = ServerResponse & { [REFUSED_WITH]?: number };

/** The status that went out instead of this response, because its request's body was refused. */
export const refusedWith = (res: ServerResponse): number | undefined =>
  (res as Refused)[REFUSED_WITH];

const BROKEN_OFF = "HPE_INVALID_EOF_STATE";

/** What is wrong, by the error code of Node or of its parser. */
const FAULTS: Readonly<Record<string, [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not come to its end in time."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    413,
    "The body has longer chunk extensions than this service accepts.",
  ],
  HPE_HEADER_OVERFLOW: [431, "The request's head is larger than this service accepts."],
  [BROKEN_OFF]: [400, "The connection ended before the request did."],
};
const MALFORMED: [number, string] = [400, "The request is not valid HTTP/1.1."];

/**
 * Makes problem details of what never became a request, and logs it: a line of bounded size, with nothing that the
 * client has sent. A request whose body is refused has its line in the access log.
 */
export function refusals(logger: Logger) {
  const securityHeaders = inLines(helmetHeaders());
  return (code: string, socket: Socket, res?: ServerResponse): string => {
    const [status, detail] = FAULTS[code] ?? MALFORMED;
    const requestId = (res?.req as Request | undefined)?.id ?? randomUUID();
    // Nearly always the client has gone, and the access log says so.
    if (res && code !== BROKEN_OFF) (res as Refused)[REFUSED_WITH] = status;
    if (!res)
      logger.info({ requestId, status, code, client: peerAddress(socket) }, "request refused");
    const body = problemText(status, { detail }, requestId);
    return (
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nX-Request-Id: ${requestId}\r\n${securityHeaders}` +
      `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Date: ${new Date().toUTCString()}\r\nConnection: close\r\n\r\n${body}`
    );
  };
}

/** @param headers Names and values in turn. */
const inLines = (headers: readonly string[]): string =>
  headers.map((text, i) => text + (i % 2 === 0 ? ": " : "\r\n")).join("");
