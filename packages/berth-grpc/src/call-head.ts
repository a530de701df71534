// Looks at the head of each call before grpc-js does: at its size, and at how long the client waits.
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";

/** The largest metadata that a call may have, as for HTTP: names, values and 32 bytes for each pair, as HTTP/2 counts. */
export const METADATA_LIMIT_BYTES = 16_384;
const PAIR_BYTES = 32;

const TIMEOUT_HEADER = "grpc-timeout";

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;

const UNIT_S: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1 };

/** grpc-js counts milliseconds in 32 bits: of a longer timeout, such as 30 days, anything may be left, or nothing. */
const LONGEST_S = 2_147_483;

/** The status of a call that is not handled. */
export interface Refusal {
  code: status;
  details: string;
}

const refusals = new WeakMap<object, Refusal>();

/** Why the call on this stream has to be refused; undefined when it has not. */
export const refusalOf = (stream: ServerHttp2Stream): Refusal | undefined => refusals.get(stream);

/** Listens to an HTTP/2 server's streams, in front of grpc-js. */
export function screenHead(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  _flags: number,
  rawHeaders: readonly string[],
): void {
  const timeout = headers[TIMEOUT_HEADER];
  if (timeout !== undefined) {
    const readable = readableTimeout(String(timeout));
    // grpc-js answers INTERNAL, as if the fault were the server's.
    if (readable === undefined) refusals.set(stream, BAD_TIMEOUT);
    headers[TIMEOUT_HEADER] = readable;
  }
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length + PAIR_BYTES / 2;
  // A client that never acknowledges the settings is not held to them by Node.
  if (bytes > METADATA_LIMIT_BYTES) refusals.set(stream, TOO_LARGE);
}

/** The timeout in a form that grpc-js reads as it is meant. */
function readableTimeout(text: string): string | undefined {
  const [, amount, unit = ""] = TIMEOUT.exec(text) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * (UNIT_S[unit] ?? 0) > LONGEST_S ? `${LONGEST_S}S` : text;
}

const BAD_TIMEOUT = {
  code: status.INVALID_ARGUMENT,
  details: "grpc-timeout must be 1 to 8 digits and a unit: H, M, S, m, u or n.",
};

const TOO_LARGE = {
  code: status.RESOURCE_EXHAUSTED,
  details: `The metadata is larger than ${METADATA_LIMIT_BYTES} bytes.`,
};
