// Limits how long a client may take to send a request.
import type { ServerOptions } from "node:http";

/** The limit for a head, in milliseconds, as in nginx: unlike a body, it has at most 16 KiB. */
const LONGEST_HEAD_MS = 60_000;
/** How late a limit may be enforced, as a fraction of it. */
const PRECISION = 1 / 20;

/**
 * Returns server options that limit the time from a request's first byte to the end of its head, and of its body.
 * They limit neither idle connections nor responses.
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
