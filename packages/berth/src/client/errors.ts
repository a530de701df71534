// The errors of calls to another service, each with the status of our own response.
import type { HttpError } from "../request/http-error";

/** The problem details of an error response. @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface ServiceProblemDetails {
  type: string;
  title: string;
  status: number;
  detail?: string | undefined;
  [member: string]: unknown;
}

/** How a call failed. */
export type ServiceFailure =
  /** The connection was refused, the circuit breaker is open, or no connection was free in time: the call was not sent. */
  | "unreachable"
  /** The connection ended before the response was complete; the call may have been carried out. */
  | "broken"
  /** No complete response in time; the call may have been carried out. */
  | "timeout"
  /** An untrusted certificate, or an unexpected response: a redirect, one that is too large, or does not match the schema. */
  | "badResponse"
  /** The service responded with an error status. */
  | "problem";

interface Details {
  cause?: unknown;
  retryAfterS?: number | undefined;
}

/** A failed call to another service; thrown on, our own client gets 502, 503 or 504. */
export class ServiceError extends Error implements HttpError {
  override readonly name: string = "ServiceError";
  readonly expose = true;
  readonly headers: Readonly<Record<string, string>>;

  /** @param service The service's name in the message, such as `stock`. */
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

/** The Retry-After of our own response if the service sent none, in seconds. */
const RETRY_AFTER_S = 5;

/** An error response of the service, for a caller that handles it, such as a 404. */
export class ServiceProblem extends ServiceError {
  override readonly name = "ServiceProblem";

  constructor(
    service: string,
    readonly problem: ServiceProblemDetails,
    /** The response's Retry-After, in seconds. */
    readonly retryAfterS: number | undefined,
  ) {
    const isBusy = problem.status === 503 || problem.status === 429;
    const what = `responded with ${problem.status}`;
    super(service, "problem", isBusy ? 503 : 502, what, { retryAfterS });
  }
}

/** System calls before anything is sent. The error code does not tell: a connection that breaks later has the same one. */
const CONNECTING = /^(connect|getaddrinfo)$/;
const TOO_SLOW = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;
const NOT_HTTP = /^UND_ERR_(HEADERS_OVERFLOW|RES_)/;
/**
 * No trusted certificate, one for another host, or no TLS at all.
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const UNTRUSTED =
  /^ERR_(TLS|SSL|OSSL)_|^EPROTO$|CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)/;
const MISUSE = /^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/;

/**
 * Classifies an error of undici, Node's sockets or TLS.
 * @param timeout Aborted when the call has taken too long.
 * @returns A ServiceError, or `err` itself for a bug of the caller, such as an invalid path or header.
 */
export function toServiceError(
  service: string,
  err: unknown,
  timeout: Pick<AbortSignal, "aborted">,
): unknown {
  const details = { cause: err };
  const { name, code = "" } = err as NodeJS.ErrnoException;
  if (MISUSE.test(code)) return err;
  if (timeout.aborted || TOO_SLOW.test(code)) {
    return new ServiceError(service, "timeout", 504, "did not respond in time", details);
  }
  if (isUnsent(err)) {
    return new ServiceError(service, "unreachable", 503, "is not available at the moment", details);
  }
  if (UNTRUSTED.test(code)) {
    return new ServiceError(service, "badResponse", 502, "has no trusted TLS certificate", details);
  }
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") {
    const what = "sent a response that is too large";
    return new ServiceError(service, "badResponse", 502, what, details);
  }
  if (name === "HTTPParserError" || NOT_HTTP.test(code)) {
    const what = "sent an invalid HTTP response";
    return new ServiceError(service, "badResponse", 502, what, details);
  }
  return new ServiceError(service, "broken", 502, "ended the connection early", details);
}

/** Whether the call was never sent: DNS lookup or connecting failed, for all addresses if there are several. */
function isUnsent(err: unknown): boolean {
  if (err instanceof AggregateError) return err.errors.every(isUnsent);
  const { code = "", syscall = "" } = err as NodeJS.ErrnoException;
  return CONNECTING.test(syscall) || code === "UND_ERR_CONNECT_TIMEOUT";
}
