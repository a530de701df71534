// How long a client may take to send a request.
import type { ServerOptions } from "node:http";

/** As nginx: however long a body may take, a head is at most 16 KiB. In milliseconds. */
const LONGEST_HEAD_MS = 60_000;
/** A request is cut at most this part of its time too late. */
const PRECISION = 1 / 20;

/**
 * The limits of an HTTP server that hold from a request's first byte to the last of its head and of its body.
 * Neither an idle connection nor an answer is limited by them.
 * @param requestTimeoutMs For the whole request, in milliseconds.
 */
export function requestTimeouts(requestTimeoutMs: number): ServerOptions {
  const headersTimeout = Math.min(LONGEST_HEAD_MS, requestTimeoutMs);
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    connectionsCheckingInterval: Math.ceil(headersTimeout * PRECISION),
  };
}
