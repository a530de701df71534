// Reads a request's W3C trace context, and passes it on.

/** A request with headers, of HTTP or another protocol. */
interface Traced {
  headers: Readonly<Record<string, unknown>>;
}

/** Only versions after 00 may have further fields. */
const TRACEPARENT =
  /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;

/**
 * The trace id of the request's `traceparent`, or undefined if it has no valid one.
 * @see https://www.w3.org/TR/trace-context/#versioning-of-traceparent
 */
export function traceId(req: Traced): string | undefined {
  const { traceparent } = req.headers;
  return typeof traceparent === "string" ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}

/** The length that must be passed on; a longer `tracestate` is dropped, as every call and statement would carry it. */
const TRACESTATE_LIMIT = 512;

/**
 * The request's trace headers, unchanged, for outgoing calls; none if it has no valid `traceparent`.
 * @see https://www.w3.org/TR/trace-context/#tracestate-limits
 */
export function traceHeaders(req: Traced): Readonly<Record<string, string>> {
  const { traceparent, tracestate } = req.headers;
  if (typeof traceparent !== "string" || traceId(req) === undefined) return {};
  const isShort = typeof tracestate === "string" && tracestate.length <= TRACESTATE_LIMIT;
  return isShort ? { traceparent, tracestate } : { traceparent };
}
