// What an error looks like to a gRPC client.
import { join } from "node:path";
import { Metadata, status, type StatusObject } from "@grpc/grpc-js";
import { loadProtos, messageIn } from "./protos";

/** The names of gRPC's status codes. @see https://grpc.io/docs/guides/status-codes/ */
export type StatusName = Exclude<keyof typeof status, "OK">;

/** What is wrong with one field of a request. */
export interface FieldViolation {
  /** Such as `page_size`, or `stops[1].name`. */
  field: string;
  description: string;
}

/** What a client may be told besides code and message. */
export interface ErrorDetails {
  violations?: readonly FieldViolation[];
  /** How long it should wait before it tries again, in seconds. */
  retryAfterS?: number | undefined;
}

/** Throw it to answer with a status; all of it is shown to the client. */
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

const FAULTS = new Set([status.UNKNOWN, status.INTERNAL, status.DATA_LOSS]);
/** What backing services that are away, or too slow, make of a call; a handler that says so itself knows why. */
const FAULTS_OF_OTHERS = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]);

/** Whether its reason belongs into the service's log. @param thrown What `statusOf` has made this code of. */
export const isFault = (code: status, thrown: unknown): boolean =>
  FAULTS.has(code) || (!(thrown instanceof CallError) && FAULTS_OF_OTHERS.has(code));

/** The status that tells a client of what was thrown; of an error that was not meant for it, nothing but INTERNAL. */
export function statusOf(thrown: unknown): StatusObject {
  const { code, message, details } = asCallError(thrown);
  return { code: status[code], details: message, metadata: withDetails(code, message, details) };
}

/** What libraries in the HTTP world hang on an error, as backing services do; each part is checked. */
interface HttpError {
  status?: unknown;
  expose?: unknown;
  message?: unknown;
  headers?: Readonly<Record<string, unknown>> | undefined;
}

function asCallError(thrown: unknown): CallError {
  if (thrown instanceof CallError) return thrown;
  const { status, expose, message, headers } = (thrown ?? {}) as HttpError;
  const code = typeof status === "number" ? CODES[status] : undefined;
  if (code === undefined) return new CallError("INTERNAL", "The call failed.");
  const retryAfterS = Number(headers?.["Retry-After"]) || undefined;
  const isShown = expose === true && typeof message === "string";
  return new CallError(code, isShown ? message : "The call failed.", { retryAfterS });
}

/** By HTTP status. @see https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
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

/** A message that says of what type it is. */
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
  const of = messageIn(PROTOS, "google.rpc.Status");
  metadata.set("grpc-status-details-bin", of.serialize({ code: status[code], message, details }));
  return metadata;
}
