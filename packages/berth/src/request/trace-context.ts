// Propagates a request's W3C trace context: traceparent and tracestate.

/** The headers of a request, of HTTP or another protocol. */
interface WithHeaders {
  headers: Readonly<Record<string, unknown>>;
}

/** Version, trace id, parent id and flags. Only versions after 00 may have further fields; ff is invalid. */
const TRACEPARENT =
  /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;

/**
 * The trace id of the request's `traceparent`, or undefined if it has no valid one.
 * @see https://www.w3.org/TR/trace-context/#versioning-of-traceparent
 */
export function traceId(req: WithHeaders): string | undefined {
  const { traceparent } = req.headers;
  return typeof traceparent === "string" ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}

/** The length that must be propagated; a longer `tracestate` is dropped, as it would be in each call and SQL statement. */
const TRACESTATE_LIMIT = 512;

/**
 * The request's trace headers, unchanged, for outgoing calls; none if it has no valid `traceparent`.
 * @see https://www.w3.org/TR/trace-context/#tracestate-limits
 */
export function traceHeaders(req: WithHeaders): Readonly<Record<string, string>> {
  const { traceparent, tracestate } = req.headers;
  if (typeof traceparent !== "string" || traceId(req) === undefined) return {};
  const isShort = typeof tracestate === "string" && tracestate.length <= TRACESTATE_LIMIT;
  return isShort ? { traceparent, tracestate } : { traceparent };
}
