// What can become of a call to another service, as errors that tell it apart; each has the status that a client of ours gets.

/** What the other side has answered, as problem details. @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface ServiceProblemDetails {
  type: string;
  title: string;
  status: number;
  detail?: string | undefined;
  [member: string]: unknown;
}

/** How a call failed. */
export type ServiceFailure =
  /** Nobody took the call, the circuit is open, or there was no connection for it in time: it was not sent. */
  | "unreachable"
  /** The connection ended before the whole answer; the call may have been carried out. */
  | "broken"
  /** No whole answer in time; the call may have been carried out. */
  | "timeout"
  /** Not the other side that was expected, or not its answer: no trusted certificate, a redirect, too much, another shape. */
  | "badAnswer"
  /** An error that the other side has answered with. */
  | "problem";

interface Details {
  cause?: unknown;
  retryAfterS?: number | undefined;
}

/** A call to another service that failed: 502, 503 or 504 to a client of ours. */
export class ServiceError extends Error {
  override readonly name: string = "ServiceError";
  readonly expose = true;
  readonly headers: Readonly<Record<string, string>>;

  /** @param service What the client is told failed, such as `stock`. */
  constructor(
    readonly service: string,
    readonly failure: ServiceFailure,
    readonly status: 502 | 503 | 504,
    message: string,
    { cause, retryAfterS = RETRY_AFTER_S }: Details = {},
  ) {
    super(`The ${service} service ${message}.`, { cause });
    this.headers = status === 503 ? { "Retry-After": String(retryAfterS) } : {};
  }
}

/** How long a client should wait before it tries again, where the other side does not say, in seconds. */
const RETRY_AFTER_S = 5;

/** An error that the other side has answered with, for a caller that expects it, such as a 404. */
export class ServiceProblem extends ServiceError {
  override readonly name = "ServiceProblem";

  constructor(
    service: string,
    readonly problem: ServiceProblemDetails,
    /** How long the other side wants to be left alone, in seconds, where it says so. */
    readonly retryAfterS: number | undefined,
  ) {
    const isBusy = problem.status === 503 || problem.status === 429;
    const what = `has answered ${problem.status}`;
    super(service, "problem", isBusy ? 503 : 502, what, { retryAfterS });
  }
}

/** While a connection is made, nothing is sent; the same codes come of a connection that breaks after the call was sent. */
const CONNECTING = /^(connect|getaddrinfo)$/;
const TOO_SLOW = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;
const NOT_HTTP = /^UND_ERR_(HEADERS_OVERFLOW|RES_)/;
/** No certificate that is trusted, one for another host, or no TLS at all. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNPROVEN =
  /^ERR_(TLS|SSL|OSSL)_|^EPROTO$|CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)/;
const MISUSE = /^UND_ERR_(INVALID_ARG|NOT_SUPPORTED)$/;

/**
 * Tells by what was thrown in a call how it failed.
 * @param deadline Aborted when the call has taken too long.
 * @returns What was thrown, when that is a fault of who calls: no path, or a header that is none.
 */
export function toServiceError(
  service: string,
  err: unknown,
  deadline: Pick<AbortSignal, "aborted">,
): unknown {
  const details = { cause: err };
  const { name, code = "" } = err as NodeJS.ErrnoException;
  if (MISUSE.test(code)) return err;
  if (deadline.aborted || TOO_SLOW.test(code)) {
    return new ServiceError(service, "timeout", 504, "has not answered in time", details);
  }
  if (isUnsent(err)) {
    return new ServiceError(service, "unreachable", 503, "is not available at the moment", details);
  }
  if (UNPROVEN.test(code)) {
    return new ServiceError(service, "badAnswer", 502, "has not proved who it is", details);
  }
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") {
    return new ServiceError(service, "badAnswer", 502, "has answered with too much", details);
  }
  if (name === "HTTPParserError" || NOT_HTTP.test(code)) {
    const what = "has not answered as HTTP wants it";
    return new ServiceError(service, "badAnswer", 502, what, details);
  }
  return new ServiceError(service, "broken", 502, "has broken off", details);
}

/** Whether nobody has it: no name, no route, nobody who accepts, or, of several addresses, at none. */
function isUnsent(err: unknown): boolean {
  if (err instanceof AggregateError) return err.errors.every(isUnsent);
  const { code = "", syscall = "" } = err as NodeJS.ErrnoException;
  return CONNECTING.test(syscall) || code === "UND_ERR_CONNECT_TIMEOUT";
}
