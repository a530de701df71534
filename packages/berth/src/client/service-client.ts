// A client for another HTTP service: time limits, retries where they are safe, a circuit breaker, and typed errors.
import { setMaxListeners } from "node:events";
import type * as v from "valibot";
import { currentContext, keepWorkContexts } from "../process/work-context";
import { createCircuitBreaker } from "../backing/circuit-breaker";
import { createAttempts, startTimer, unavailable, wholeMs } from "./attempts";
import { createServicePool, type ServicePool } from "./connection";
import { exchange, exchangeWhole } from "./exchange";
import { JSON_ACCEPTED, toRequest } from "./request";
import { createSemaphore } from "./semaphore";
import { createSigner } from "./sign";
import { openStream, untilMs } from "./stream";
import type {
  Call,
  RequestCall,
  ResponseBodyOf,
  ServiceClientOptions,
  ServiceResponse,
  ServiceStream,
  StreamCall,
} from "./types";
import { parseServiceUrl } from "./url";

/** Another service. */
export interface ServiceClient {
  /**
   * Sends a call, and retries it if it was not sent or is idempotent.
   * @throws ServiceProblem for an error response, ServiceError for no response or an unexpected one, another error at once
   *   when the call cannot be sent, as for an invalid path, header or body.
   */
  call<Schema extends v.GenericSchema | undefined = undefined>(
    call: Call<Schema>,
  ): Promise<ResponseBodyOf<Schema>>;
  /** Sends a call as `call` does, and resolves with the whole response, for accepted statuses, too. @throws As `call`. */
  request(call: RequestCall): Promise<ServiceResponse>;
  /**
   * Sends a call as `request` does, and resolves when the response begins. `timeoutMs` is for its beginning; it may then take
   * as long as the service sends something and the caller of this process waits.
   * @throws As `call`, until the response begins; after that, its body breaks off with a ServiceError.
   */
  stream(call: StreamCall): Promise<ServiceStream>;
  /** Sends one request to `pingPath`, also while the circuit breaker is open. @throws ServiceError unless it succeeds in 1 s. */
  ping(this: void): Promise<void>;
  /** Resolves when calls in flight are done and their connections closed. Waiting calls fail at once. */
  close(this: void): Promise<void>;
}

/** The time limit of a ping, in milliseconds. */
const PING_MS = 1000;

/** Creates a client; undici is loaded, and connects, at the first call. @throws ServiceUrlError */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  // Calls propagate the ids and the deadline of the request that they are made for.
  keepWorkContexts();
  const { name, logger, timeoutMs = 5000, silenceTimeoutMs = 3000, pingPath = "/livez" } = options;
  const { origin, pathname } = parseServiceUrl(options.url);
  const prefix = pathname.replace(/\/$/, "");
  const closing = new AbortController();
  const { signal } = closing;
  // Each waiting call adds a listener: no warning of a leak.
  setMaxListeners(0, signal);
  const { connections = 50, sign } = options;
  const semaphore = createSemaphore(connections, signal);
  const streamSemaphore = createSemaphore(connections, signal);
  const signer = sign && createSigner(name, origin, sign);
  const attempt = createAttempts({
    ...{ name, origin, prefix, timeoutMs, silenceTimeoutMs, sign: signer, closing: signal },
    circuit: createCircuitBreaker(name, logger),
  });

  /**
   * Created on demand. Pings must not queue behind calls, nor calls behind streams, which may take minutes: each kind has
   * connections of its own.
   */
  const pools: { [Kind in "calls" | "streams" | "pings"]?: ServicePool } = {};

  function poolOf(kind: "calls" | "streams" | "pings"): ServicePool {
    if (signal.aborted) throw unavailable(name);
    const size = kind === "pings" ? 1 : connections;
    const limit = kind === "streams" && { responseLimitBytes: UNLIMITED };
    return (pools[kind] ??= createServicePool(origin, size, { ...options, ...limit }));
  }

  return {
    call: <Schema extends v.GenericSchema | undefined>(call: Call<Schema>) =>
      attempt<ResponseBodyOf<Schema>>(call, {
        semaphore,
        accepted: JSON_ACCEPTED,
        async send(request, limitMs, release) {
          try {
            const body = await exchange(name, poolOf("calls"), request, call.response, limitMs);
            return body as ResponseBodyOf<Schema>;
          } finally {
            release();
          }
        },
      }),
    request: ({ accept = [], ...call }) =>
      attempt(call, {
        semaphore,
        accepted: "*/*",
        async send(request, limitMs, release) {
          try {
            return await exchangeWhole(name, poolOf("calls"), request, accept, limitMs);
          } finally {
            release();
          }
        },
      }),
    stream({ accept = [], limitBytes = Infinity, ...call }) {
      const deadline = currentContext()?.deadline ?? Infinity;
      return attempt(call, {
        semaphore: streamSemaphore,
        accepted: "*/*",
        waitMs: () => untilMs(deadline),
        send: (request, limitMs, release) => {
          const limits = { limitMs, deadline, limitBytes, accept };
          return openStream(name, () => poolOf("streams"), request, limits, release);
        },
      });
    },
    // Not counted by the circuit breaker: a service that is not ready may still respond to calls.
    async ping() {
      const request = toRequest({ method: "GET", path: pingPath }, prefix);
      const limitMs = wholeMs(startTimer(name, PING_MS)());
      const ready = signer ? await signer(request, limitMs, limitMs) : request;
      await exchange(name, poolOf("pings"), ready, undefined, limitMs);
    },
    async close() {
      closing.abort();
      const open = Object.values(pools).filter(({ closed }) => !closed);
      await Promise.all(open.map((pool) => pool.close()));
    },
  };
}

/** undici's word for a response body of any size. */
const UNLIMITED = -1;
