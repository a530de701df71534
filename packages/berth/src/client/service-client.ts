// A client for another HTTP service: time limits, retries where they are safe, a circuit breaker, and typed errors.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type * as v from "valibot";
import { currentContext, keepWorkContexts } from "../process/work-context";
import { createCircuitBreaker, type Permit } from "../backing/circuit-breaker";
import { createServicePool, type ServicePool } from "./connection";
import { ServiceError } from "./errors";
import { exchange } from "./exchange";
import { type ServiceRequest, toRequest } from "./request";
import { createRetryBudget, isUnsent, mayRepeat, outcomeOf, retryDelayMs } from "./retries";
import { createSemaphore } from "./semaphore";
import type { AnyCall, Call, ResponseBodyOf, ServiceClientOptions } from "./types";
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
  /** Sends one request to `pingPath`, also while the circuit breaker is open. @throws ServiceError unless it succeeds in 1 s. */
  ping(this: void): Promise<void>;
  /** Resolves when calls in flight are done and their connections closed. Waiting calls fail at once. */
  close(this: void): Promise<void>;
}

/** The time limit of a ping, in milliseconds. */
const PING_MS = 1000;

/** Node's longest timer, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Creates a client; undici is loaded, and connects, at the first call. @throws ServiceUrlError */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  // Calls propagate the ids and the deadline of the request that they are made for.
  keepWorkContexts();
  const { name, logger, timeoutMs = 5000, silenceTimeoutMs = 3000, pingPath = "/livez" } = options;
  const { origin, pathname } = parseServiceUrl(options.url);
  const prefix = pathname.replace(/\/$/, "");
  const circuit = createCircuitBreaker(name, logger);
  const budget = createRetryBudget();
  const closing = new AbortController();
  // Each waiting call adds a listener: no warning of a leak.
  setMaxListeners(0, closing.signal);
  const unavailable = () =>
    new ServiceError(name, "unreachable", 503, "is not available at the moment");
  const { connections = 50 } = options;
  const semaphore = createSemaphore(connections, closing.signal);
  /** Created on demand. Pings have a connection of their own: they must not queue behind calls. */
  const pools: { calls?: ServicePool; pings?: ServicePool } = {};

  async function send(
    kind: "calls" | "pings",
    request: ServiceRequest,
    response: AnyCall["response"],
    limitMs: number,
  ): Promise<unknown> {
    if (closing.signal.aborted) throw unavailable();
    pools[kind] ??= createServicePool(origin, kind === "calls" ? connections : 1, options);
    return exchange(name, pools[kind], request, response, limitMs);
  }

  /**
   * Starts a call's time limit, which ends no later than the deadline of the request being handled.
   * @returns A function for the remaining time, in milliseconds.
   * @throws ServiceError when the deadline has passed.
   */
  function startTimer(timeLimitMs: number): () => number {
    const own = performance.now() + timeLimitMs;
    const deadline = Math.min(own, currentContext()?.deadline ?? Infinity);
    const remainingMs = (): number => deadline - performance.now();
    if (remainingMs() > 0) return remainingMs;
    const what = "was not called: the deadline of the request has passed";
    throw new ServiceError(name, "timeout", 504, what);
  }

  /** Sleeps; `close` ends it. */
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined);

  /** Waits for the circuit breaker. @throws ServiceError, that of the last try if any, when the time left is too short. */
  async function acquirePermit(remainingMs: () => number, last?: ServiceError): Promise<Permit> {
    for (;;) {
      const permit = closing.signal.aborted ? Infinity : circuit.tryAcquire();
      if (typeof permit !== "number") return permit;
      if (permit >= remainingMs()) throw last ?? unavailable();
      await pause(permit);
    }
  }

  async function sendCall<Schema extends v.GenericSchema | undefined>(
    call: Call<Schema>,
  ): Promise<ResponseBodyOf<Schema>> {
    const timeLimitMs = Math.min(call.timeoutMs ?? timeoutMs, MAX_TIMER_MS);
    const remainingMs = startTimer(timeLimitMs);
    const request = toRequest(call, prefix);
    budget.earn();
    let last: ServiceError | undefined;
    for (let tries = 1; ; tries++) {
      const report = await acquirePermit(remainingMs, last);
      const acquired = semaphore.acquire(remainingMs());
      const release = acquired instanceof Promise ? await acquired : acquired;
      if (!release) {
        report("unknown");
        throw last ?? unavailable();
      }
      const limitMs = wholeMs(remainingMs());
      try {
        const response = await send("calls", request, call.response, limitMs).finally(release);
        report("success");
        return response as ResponseBodyOf<Schema>;
      } catch (err) {
        const hadTime = limitMs >= Math.min(timeLimitMs, silenceTimeoutMs) / 2;
        report(outcomeOf(err, hadTime), err);
        if (!(err instanceof ServiceError)) throw err;
        last = err;
        const waitMs = retryDelayMs(err, tries);
        const isWorthwhile = mayRepeat(call, err) && waitMs < remainingMs();
        if (!isWorthwhile || !(isUnsent(err) || budget.spend())) throw err;
        await pause(waitMs);
        // In a busy process, the timer may fire after the deadline.
        if (remainingMs() <= 0) throw err;
      }
    }
  }

  return {
    call: sendCall,
    // Not counted by the circuit breaker: a service that is not ready may still respond to calls.
    async ping() {
      const request = toRequest({ method: "GET", path: pingPath }, prefix);
      await send("pings", request, undefined, wholeMs(startTimer(PING_MS)()));
    },
    async close() {
      closing.abort();
      const open = Object.values(pools).filter(({ closed }) => !closed);
      await Promise.all(open.map((pool) => pool.close()));
    },
  };
}

/** Timers and the deadline header need whole milliseconds. */
const wholeMs = (ms: number): number => Math.max(1, Math.ceil(ms));
