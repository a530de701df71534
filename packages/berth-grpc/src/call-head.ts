// Checks the headers of each call before grpc-js reads them: their size and grpc-timeout.
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";

/** The limit for a call's metadata, as for HTTP: names, values, and 32 bytes per pair (RFC 9113, section 6.5.2). */
export const METADATA_LIMIT_BYTES = 16_384;
const PAIR_BYTES = 32;

const TIMEOUT_HEADER = "grpc-timeout";

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;

/** Units in seconds; the shorter ones never reach the limit. */
const UNIT_S: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1 };

/** The longest timeout, in seconds (24 days): grpc-js has milliseconds in 32 bits, which a longer one would overflow. */
const MAX_TIMEOUT_S = 2_147_483;

/** The status of a call that is refused. */
export interface Refusal {
  code: status;
  details: string;
}

const refusals = new WeakMap<object, Refusal>();

/** Why the call on this stream must be refused, if it must. */
export const refusalOf = (stream: ServerHttp2Stream): Refusal | undefined => refusals.get(stream);

/** Listener for an HTTP/2 server's `stream` event; must run before that of grpc-js. */
export function checkHead(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  _flags: number,
  rawHeaders: readonly string[],
): void {
  const timeout = headers[TIMEOUT_HEADER];
  if (timeout !== undefined) {
    const valid = parseTimeout(String(timeout));
    // grpc-js would respond INTERNAL, which blames the server.
    if (valid === undefined) refusals.set(stream, BAD_TIMEOUT);
    headers[TIMEOUT_HEADER] = valid;
  }
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length + PAIR_BYTES / 2;
  // Node does not enforce maxHeaderListSize if the client never acknowledges the settings.
  if (bytes > METADATA_LIMIT_BYTES) refusals.set(stream, TOO_LARGE);
}

/** Returns the timeout, capped for grpc-js; undefined if it is malformed. */
function parseTimeout(text: string): string | undefined {
  const [, amount, unit = ""] = TIMEOUT.exec(text) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * (UNIT_S[unit] ?? 0) > MAX_TIMEOUT_S ? `${MAX_TIMEOUT_S}S` : text;
}

const BAD_TIMEOUT = {
  code: status.INVALID_ARGUMENT,
  details: "grpc-timeout must be 1 to 8 digits and a unit: H, M, S, m, u or n.",
};

const TOO_LARGE = {
  code: status.RESOURCE_EXHAUSTED,
  details: `The metadata is larger than ${METADATA_LIMIT_BYTES} bytes.`,
};
