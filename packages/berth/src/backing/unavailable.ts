// The error for a request that needs a backing service while it is down.
import type { HttpError } from "../request/http-error";

/** When the client may retry, in seconds. */
const RETRY_AFTER_S = 5;

/** A backing service is down, unreachable or too slow: 503 with Retry-After. */
export class BackingServiceUnavailable extends Error implements HttpError {
  override readonly name = "BackingServiceUnavailable";
  readonly status = 503;
  readonly expose = true;
  readonly headers = { "Retry-After": String(RETRY_AFTER_S) };

  /** @param service The service's name in the message, such as `database`. */
  constructor(service: string, cause: unknown) {
    super(`The ${service} is not available at the moment.`, { cause });
  }
}
