// Converts errors into gRPC statuses.
import { join } from "node:path";
import { Metadata, status, type StatusObject } from "@grpc/grpc-js";
import { readHttpError } from "berth/listener";
import { loadProtos, messageIn } from "./protos";

/** The names of the status codes. @see https://grpc.io/docs/guides/status-codes/ */
export type StatusName = Exclude<keyof typeof status, "OK">;

/** One invalid field of a request. */
export interface FieldViolation {
  /** Such as `page_size`, or `stops[1].name`. */
  field: string;
  description: string;
}

/** Details for the client, besides code and message. */
export interface ErrorDetails {
  violations?: readonly FieldViolation[];
  /** When the client may retry, in seconds. */
  retryAfterS?: number | undefined;
}

/** Throw it to respond with a gRPC status. The client sees all of it. */
export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    readonly code: StatusName,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
  }
}

const SERVER_ERRORS = new Set([status.UNKNOWN, status.INTERNAL, status.DATA_LOSS]);
/** Logged if a backing service is down or slow, but not if a handler throws a `CallError` with the code. */
const OUTAGES = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]);

/** Whether to log an error, with its stack. @param thrown The error that `code` was made from. */
export const isServerError = (code: status, thrown: unknown): boolean =>
  SERVER_ERRORS.has(code) || (!(thrown instanceof CallError) && OUTAGES.has(code));

/** Returns the status for a thrown error: INTERNAL with a fixed message, unless the error is meant for clients. */
export function statusOf(thrown: unknown): StatusObject {
  const { code, message, details } = asCallError(thrown);
  return { code: status[code], details: message, metadata: withDetails(code, message, details) };
}

function asCallError(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  // Errors of backing services, among others, have an HTTP status.
  const { status = 500, message = "The call failed.", headers } = readHttpError(thrown) ?? {};
  const code = CODES[status];
  if (code === undefined) return new CallError("INTERNAL", "The call failed.");
  return new CallError(code, message, {
    retryAfterS: Number(headers?.["Retry-After"]) || undefined,
  });
}

/** gRPC codes by HTTP status. @see https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const CODES: Readonly<Record<number, StatusName>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  412: "FAILED_PRECONDITION",
  413: "RESOURCE_EXHAUSTED",
  422: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  501: "UNIMPLEMENTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

const PROTOS = loadProtos(join(__dirname, "../protos/status.proto"));

/** A `google.protobuf.Any`. */
const any = (name: string, message: object) => ({
  type_url: `type.googleapis.com/${name}`,
  value: messageIn(PROTOS, name).serialize(message),
});

/** @see https://grpc.io/docs/guides/error/#richer-error-model */
function withDetails(
  code: StatusName,
  message: string,
  { violations, retryAfterS }: ErrorDetails,
): Metadata {
  const metadata = new Metadata();
  const details = [
    ...(violations ? [any("google.rpc.BadRequest", { fieldViolations: violations })] : []),
    ...(retryAfterS === undefined
      ? []
      : [any("google.rpc.RetryInfo", { retryDelay: { seconds: retryAfterS } })]),
  ];
  if (details.length === 0) return metadata;
  const statusType = messageIn(PROTOS, "google.rpc.Status");
  const bytes = statusType.serialize({ code: status[code], message, details });
  metadata.set("grpc-status-details-bin", bytes);
  return metadata;
}
