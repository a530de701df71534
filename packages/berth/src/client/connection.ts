// The connection pool to another service.
import type { Socket } from "node:net";
import type * as undici from "undici";
import type { ServiceClientOptions } from "./types";

/** Connections to a service. */
export type ServicePool = undici.Pool & {
  /** The largest response body, before and after it is decoded, in bytes. */
  readonly answerLimitBytes: number;
};

/**
 * The longest age of a connection at the start of a call, in milliseconds, less a random part of it. So calls follow a DNS
 * change even while the old address still responds, and spread over added instances.
 */
const MAX_AGE_MS = 60_000;

/** Opens connections to a service on demand, up to this many. */
export function createServicePool(
  origin: string,
  connections: number,
  options: Pick<
    ServiceClientOptions,
    "connectTimeoutMs" | "silenceTimeoutMs" | "answerLimitBytes"
  > = {},
): ServicePool {
  const { connectTimeoutMs = 1000, silenceTimeoutMs = 3000 } = options;
  const { answerLimitBytes = 1_048_576 } = options;
  const { buildConnector, Client, Pool } = loadUndici();
  // Happy Eyeballs (RFC 8305): if one of several addresses is dead, the next one is tried.
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
 * Creates a client, which has one connection at a time, and replaces a connection that is too old before a call. The pool
 * gives a client one call at a time, so no other call is in flight on the connection that is closed here.
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

/** Loaded at the first call: at start, it would delay the listener. */
const loadUndici = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  require("undici") as typeof undici;
