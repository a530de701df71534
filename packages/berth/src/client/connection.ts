// Where another service is, and the connections to it.
import type { Socket } from "node:net";
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

/**
 * How old a connection may be when a call is sent on it, in milliseconds, less a random part of it. A name that moves to
 * another address is followed then, though the old one still answers, and calls spread over instances that were added.
 */
const MAX_AGE_MS = 60_000;

/** Opens as many connections to a service as are needed, up to so many. */
export function createServicePool(
  origin: string,
  connections: number,
  options: ServiceClientOptions,
): ServicePool {
  const { connectTimeoutMs = 1000, silenceTimeoutMs = 3000 } = options;
  const { answerLimitBytes = 1_048_576 } = options;
  const { buildConnector, Client, Pool } = loadUndici();
  // Of several addresses one may be dead: the next one is tried after a moment.
  const connect = buildConnector({ autoSelectFamily: true, timeout: connectTimeoutMs });
  const pool = new Pool(origin, {
    connections,
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
    maxResponseSize: answerLimitBytes,
    factory: (to, of) => ageing((own) => new Client(to, { ...of, connect: own }), connect),
  });
  return Object.assign(pool, { answerLimitBytes });
}

/**
 * Creates a client, which has one connection at a time, and has it replaced before a call once it is too old. A pool
 * gives a client a call only while it has no other: nothing is under way on what is closed here.
 */
function ageing(
  create: (connect: undici.buildConnector.connector) => undici.Client,
  connect: undici.buildConnector.connector,
): undici.Client {
  let socket: Socket | undefined;
  let usableUntil = Infinity;
  const client = create((options, done) =>
    connect(options, (...result) => {
      socket = result[1] ?? undefined;
      usableUntil = performance.now() + MAX_AGE_MS * (1 - Math.random() / 2);
      done(...result);
    }),
  );
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (options, handler) => {
    if (performance.now() >= usableUntil) socket?.destroy();
    return dispatch(options, handler);
  };
  return client;
}

/** Loaded at start, it would delay the port. */
const loadUndici = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("undici") as typeof undici;
