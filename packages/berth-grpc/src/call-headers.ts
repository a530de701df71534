// What a call says of itself in its metadata: HTTP's headers by the same names.
import type { Metadata } from "@grpc/grpc-js";
import { saneId, traceHeaders, traceId } from "berth/listener";

const REQUEST_ID = "x-request-id";

/** Gives the call an id, unless it has come with a sane one. */
export function setRequestId(metadata: Metadata): string {
  const id = saneId(metadata.get(REQUEST_ID)[0]);
  metadata.set(REQUEST_ID, id);
  return id;
}

/** The id that `setRequestId` has given. */
export const requestIdOf = (metadata: Metadata): string => String(metadata.get(REQUEST_ID)[0]);

const traced = (metadata: Metadata) => ({
  headers: {
    traceparent: metadata.get("traceparent")[0],
    tracestate: metadata.get("tracestate")[0],
  },
});

export const traceIdOf = (metadata: Metadata): string | undefined => traceId(traced(metadata));

/** What calls to other services take along. */
export const travelsWith = (metadata: Metadata): Readonly<Record<string, string>> => ({
  [REQUEST_ID]: requestIdOf(metadata),
  ...traceHeaders(traced(metadata)),
});
