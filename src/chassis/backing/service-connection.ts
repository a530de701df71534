// Where another service is, and the connections to it.
import type * as undici from "undici";
import type { ServiceClientOptions } from "./service-client";

/** A service's URL that is of no use; its message completes "NAME: …". */
export class ServiceUrlError extends TypeError {
  override readonly name = "ServiceUrlError";
}

/** Reads where a service is. @throws ServiceUrlError when it is no http or https URL, or has what a service's URL has not. */
export function parseServiceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ServiceUrlError("expected http://host:port or https://host, with or without a path");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new ServiceUrlError("expected no user, query or fragment: send credentials in a header");
  }
  return url;
}

/** Connections to a service. */
export type ServicePool = undici.Pool & {
  /** The largest answer, before and after it is decoded, in bytes. */
  readonly answerLimitBytes: number;
};

/** Opens as many connections to a service as are needed, up to so many. */
export function createServicePool(
  origin: string,
  connections: number,
  options: ServiceClientOptions,
): ServicePool {
  const { connectTimeoutMs = 1000, silenceTimeoutMs = 3000 } = options;
  const { answerLimitBytes = 1_048_576 } = options;
  const { Pool } = loadUndici();
  const pool = new Pool(origin, {
    connections,
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
    maxResponseSize: answerLimitBytes,
    // Of several addresses one may be dead: the next one is tried after a moment.
    autoSelectFamily: true,
    connect: { timeout: connectTimeoutMs },
  });
  return Object.assign(pool, { answerLimitBytes });
}

/** Loaded at start, it would delay the port. */
const loadUndici = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("undici") as typeof undici;
