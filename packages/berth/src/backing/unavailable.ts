// What a request gets while a backing service is away.

/** How long a client should wait before it tries again, in seconds. */
const RETRY_AFTER_S = 5;

/** A backing service that is down, unreachable or too slow: answered 503, and worth trying again. */
export class BackingServiceUnavailable extends Error {
  override readonly name = "BackingServiceUnavailable";
  readonly status = 503;
  readonly expose = true;
  readonly headers = { "Retry-After": String(RETRY_AFTER_S) };

  /** @param service What the client is told is away, such as `database`. */
  constructor(service: string, cause: unknown) {
    super(`The ${service} is not available at the moment.`, { cause });
  }
}
