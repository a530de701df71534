// The error contract of HTTP and gRPC: the properties by which an error says what its client sees.

/** Response headers by name. */
export type ResponseHeaders = Readonly<Record<string, string>>;

/**
 * An error with a status for the client, as http-errors and Express' own libraries throw it. `errorHandler` of `berth/http`
 * responds with problem details, `berth-grpc` with the gRPC code for the status.
 */
export interface HttpError extends Error {
  /** From 400 to 599. */
  readonly status: number;
  /** Whether the client sees the message and the headers, besides the status. */
  readonly expose: boolean;
  /** Sent if they belong to a status: Allow, Content-Range, Retry-After, WWW-Authenticate; all of them for a `Problem`. */
  readonly headers?: ResponseHeaders | undefined;
}

/** The part of an error that its client sees. */
export interface ExposedError {
  status: number;
  message?: string | undefined;
  headers?: ResponseHeaders | undefined;
}

/** Anything may be thrown, so each property is checked. Some libraries have `statusCode` instead of `status`. */
type Unchecked = Readonly<Partial<Record<keyof HttpError | "statusCode", unknown>>>;

/** Returns what the client sees of a thrown value; undefined if it has no error status, or reading it throws. */
export function readHttpError(thrown: unknown): ExposedError | undefined {
  try {
    const { status: own, statusCode, expose, message, headers } = thrown as Unchecked;
    const status = own ?? statusCode;
    if (!isErrorStatus(status)) return undefined;
    if (expose !== true) return { status };
    return {
      status,
      message: typeof message === "string" ? message : undefined,
      headers: statusHeaders(headers),
    };
  } catch {
    return undefined;
  }
}

/** Whether a value is a status of the client's or the server's errors. */
export const isErrorStatus = (status: unknown): status is number =>
  Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;

/**
 * Headers that belong to a status: to 401, 405, 416, 429 and 503. Others are not passed on, such as the `Set-Cookie` of an
 * upstream's response that an error carries.
 */
const STATUS_HEADERS = /^(allow|content-range|retry-after|www-authenticate)$/i;

function statusHeaders(headers: unknown): ResponseHeaders | undefined {
  const own = Object.entries(headers ?? {}).filter(([name]) => STATUS_HEADERS.test(name));
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}
