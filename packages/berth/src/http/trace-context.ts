// Reads which distributed trace a request belongs to.

/** What a trace comes with: HTTP's headers, or another protocol's. */
interface Traced {
  headers: Readonly<Record<string, unknown>>;
}

/** Only a later version may have further fields. */
const TRACEPARENT =
  /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;

/**
 * The trace id in the request's `traceparent`, or undefined when it has no valid one.
 * @see https://www.w3.org/TR/trace-context/#versioning-of-traceparent
 */
export function traceId(req: Traced): string | undefined {
  const { traceparent } = req.headers;
  return typeof traceparent === "string" ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}

/** How much of `tracestate` has to be passed on; what is longer is dropped, as each call and statement would have it. */
const TRACESTATE_LIMIT = 512;

/**
 * The headers that carry the request's trace on, as they came; none when it has no valid one.
 * @see https://www.w3.org/TR/trace-context/#tracestate-limits
 */
export function traceHeaders(req: Traced): Readonly<Record<string, string>> {
  const { traceparent, tracestate } = req.headers;
  if (typeof traceparent !== "string" || traceId(req) === undefined) return {};
  const isShort = typeof tracestate === "string" && tracestate.length <= TRACESTATE_LIMIT;
  return isShort ? { traceparent, tracestate } : { traceparent };
}
