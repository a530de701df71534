// The connection pool to another service: undici's, with a maximum age of connections.
import type { Socket } from "node:net";
import type * as undici from "undici";
import type { ServiceClientOptions } from "./types";

/** A connection pool, with the limit that `exchange` needs. */
export type ServicePool = undici.Pool & {
  /** The largest response body, before and after it is decoded, in bytes; -1 for any size. */
  readonly responseLimitBytes: number;
};

/**
 * The maximum age of a connection at the start of a call, in milliseconds, less up to half of it (jitter). So calls follow a
 * DNS change even while the old address still responds, and spread over added instances.
 */
const MAX_AGE_MS = 60_000;

/** Creates a pool that opens connections on demand, up to this many. */
export function createServicePool(
  origin: string,
  connections: number,
  options: Pick<
    ServiceClientOptions,
    "connectTimeoutMs" | "silenceTimeoutMs" | "responseLimitBytes"
  > = {},
): ServicePool {
  const { connectTimeoutMs = 1000, silenceTimeoutMs = 3000 } = options;
  const { responseLimitBytes = 1_048_576 } = options;
  const { buildConnector, Client, Pool } = loadUndici();
  // Happy Eyeballs (RFC 8305): if one of several addresses is dead, the next one is tried.
  const connect = buildConnector({ autoSelectFamily: true, timeout: connectTimeoutMs });
  const pool = new Pool(origin, {
    connections,
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
    maxResponseSize: responseLimitBytes,
    factory: (url, settings) =>
      withMaxAge((connector) => new Client(url, { ...settings, connect: connector }), connect),
  });
  return Object.assign(pool, { responseLimitBytes });
}

/**
 * Creates a client, which has one connection at a time, and replaces that before a call if it is too old. The pool gives a
 * client one call at a time, so no other call is in flight on the connection that is closed here.
 */
function withMaxAge(
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

/** Loaded at the first call: at start, it would delay the listener. */
const loadUndici = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("undici") as typeof undici;
