// Makes the response to bytes that Node's HTTP parser rejects.
import { randomUUID } from "node:crypto";
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Request } from "express";
import type { Logger } from "pino";
import { requestRefused } from "../process/channels";
import { peerAddress } from "../request/client-address";
import { PROBLEM_TYPE, problemText } from "../request/problem";
import { helmetHeaders } from "./default-headers";

const REFUSED_WITH = Symbol.for("berth.refused with");

type Refused = ServerResponse & { [REFUSED_WITH]?: number };

/** The status that was sent instead of this response, because the parser rejected the request's body. */
export const refusedWith = (res: ServerResponse): number | undefined =>
  (res as Refused)[REFUSED_WITH];

const INCOMPLETE = "HPE_INVALID_EOF_STATE";

/** Status and detail, by the error code of Node or its parser. */
const ERRORS: Readonly<Record<string, [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive completely in time."],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    413,
    "The body has longer chunk extensions than this service accepts.",
  ],
  HPE_HEADER_OVERFLOW: [431, "The request's head is larger than this service accepts."],
  [INCOMPLETE]: [400, "The connection ended before the request was complete."],
};
const MALFORMED: [number, string] = [400, "The request is not valid HTTP/1.1."];

/**
 * Creates the function that makes the raw response, with problem details, and logs the refusal: a line of bounded size,
 * without anything that the client sent. A request whose body is refused has its line in the access log instead.
 */
export function refusals(logger: Logger) {
  const securityHeaders = inLines(helmetHeaders());
  return (code: string, socket: Socket, res?: ServerResponse): string => {
    const [status, detail] = ERRORS[code] ?? MALFORMED;
    if (!res && requestRefused.hasSubscribers) requestRefused.publish({ status });
    const requestId = (res?.req as Request | undefined)?.id ?? randomUUID();
    // A client of an incomplete request has nearly always disconnected: the access log marks that as `aborted`.
    if (res && code !== INCOMPLETE) (res as Refused)[REFUSED_WITH] = status;
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
