// The request id and trace headers in a call's metadata, with the same names as in HTTP.
import type { Metadata } from "@grpc/grpc-js";
import { requestIdFrom, traceHeaders, traceId } from "berth/listener";

const REQUEST_ID = "x-request-id";

/** Returns the client's request id, if it is valid, or sets a new one. */
export function setRequestId(metadata: Metadata): string {
  const id = requestIdFrom(metadata.get(REQUEST_ID)[0]);
  metadata.set(REQUEST_ID, id);
  return id;
}

/** The id set by `setRequestId`. */
export const requestIdOf = (metadata: Metadata): string => String(metadata.get(REQUEST_ID)[0]);

export const TRACE_HEADERS = ["traceparent", "tracestate"] as const;

const traced = (metadata: Metadata) => ({
  headers: {
    traceparent: metadata.get("traceparent")[0],
    tracestate: metadata.get("tracestate")[0],
  },
});

export const traceIdOf = (metadata: Metadata): string | undefined => traceId(traced(metadata));

/** The trace headers of a call, if they are valid. */
export const traceHeadersOf = (metadata: Metadata): Readonly<Record<string, string>> =>
  traceHeaders(traced(metadata));

/** Headers to propagate to other services. */
export const headersToPropagate = (metadata: Metadata): Readonly<Record<string, string>> => ({
  [REQUEST_ID]: requestIdOf(metadata),
  ...traceHeadersOf(metadata),
});
