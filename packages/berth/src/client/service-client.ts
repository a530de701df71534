// Calls another HTTP service: with a time limit, retries where they are safe, a circuit breaker, and typed errors.
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
import type { AnswerOf, AnyCall, Call, ServiceClientOptions } from "./types";
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
  ): Promise<AnswerOf<Schema>>;
  /** Sends one request to `pingPath`, even while the circuit breaker is open. @throws ServiceError unless it succeeds in time. */
  ping(this: void): Promise<void>;
  /** Lets calls in flight finish, fails waiting ones, and closes the connections. */
  close(this: void): Promise<void>;
}

/** The time limit of a ping, in milliseconds. */
const PING_MS = 1000;

/** Node's longest timer, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Attaches a service; the HTTP client is loaded and connects at the first call. @throws ServiceUrlError */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  // Calls propagate the ids and the deadline of the request that they are made for.
  keepWorkContexts();
  const { name, logger, timeoutMs = 5000, silenceTimeoutMs = 3000, pingPath = "/livez" } = options;
  const { origin, pathname } = parseServiceUrl(options.url);
  const prefix = pathname.replace(/\/$/, "");
  const circuit = createCircuitBreaker(name, logger);
  const budget = createRetryBudget();
  const closing = new AbortController();
  // Each waiting call adds a listener: any number of them is fine.
  setMaxListeners(0, closing.signal);
  const unavailable = () =>
    new ServiceError(name, "unreachable", 503, "is not available at the moment");
  const { connections = 50 } = options;
  const semaphore = createSemaphore(connections, closing.signal);
  /** Created on demand; pings have a connection of their own, so as not to queue behind calls. */
  const pools: { calls?: ServicePool; pings?: ServicePool } = {};

  async function send(
    by: "calls" | "pings",
    request: ServiceRequest,
    answer: AnyCall["answer"],
    limitMs: number,
  ): Promise<unknown> {
    if (closing.signal.aborted) throw unavailable();
    pools[by] ??= createServicePool(origin, by === "calls" ? connections : 1, options);
    return exchange(name, pools[by], request, answer, limitMs);
  }

  /** Returns a function for the time left, in milliseconds, within the caller's deadline. @throws ServiceError when that has passed. */
  function startTimer(ownMs: number): () => number {
    const deadline = Math.min(performance.now() + ownMs, currentContext()?.deadline ?? Infinity);
    const remainingMs = (): number => deadline - performance.now();
    if (remainingMs() > 0) return remainingMs;
    const what = "was not called: the deadline of the request has passed";
    throw new ServiceError(name, "timeout", 504, what);
  }

  /** Waits, at most until `close`. */
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined);

  /** Waits for the circuit breaker. @throws ServiceError, the last one, when the time left is too short. */
  async function permission(remainingMs: () => number, last?: ServiceError): Promise<Permit> {
    for (;;) {
      const permit = closing.signal.aborted ? Infinity : circuit.tryAcquire();
      if (typeof permit !== "number") return permit;
      if (permit >= remainingMs()) throw last ?? unavailable();
      await pause(permit);
    }
  }

  async function call<Schema extends v.GenericSchema | undefined>(
    of: Call<Schema>,
  ): Promise<AnswerOf<Schema>> {
    const ownMs = Math.min(of.timeoutMs ?? timeoutMs, LONGEST_MS);
    const remainingMs = startTimer(ownMs);
    const request = toRequest(of, prefix);
    budget.earn();
    let last: ServiceError | undefined;
    for (let tries = 1; ; tries++) {
      const report = await permission(remainingMs, last);
      const acquired = semaphore.acquire(remainingMs());
      const release = acquired instanceof Promise ? await acquired : acquired;
      if (!release) {
        report("unknown");
        throw last ?? unavailable();
      }
      const limitMs = whole(remainingMs());
      try {
        const answer = await send("calls", request, of.answer, limitMs).finally(release);
        report("success");
        return answer as AnswerOf<Schema>;
      } catch (err) {
        const hadTime = limitMs >= Math.min(ownMs, silenceTimeoutMs) / 2;
        report(outcomeOf(err, hadTime), err);
        if (!(err instanceof ServiceError)) throw err;
        last = err;
        const waitMs = retryDelayMs(err, tries);
        if (!mayRepeat(of, err) || waitMs >= remainingMs() || !(isUnsent(err) || budget.spend())) {
          throw err;
        }
        await pause(waitMs);
        // A timer may fire late in a busy process: a call sent then could only time out.
        if (remainingMs() <= 0) throw err;
      }
    }
  }

  return {
    call,
    // Does not count for the circuit breaker: a service that is not ready may still respond to calls.
    async ping() {
      const request = toRequest({ method: "GET", path: pingPath }, prefix);
      await send("pings", request, undefined, whole(startTimer(PING_MS)()));
    },
    async close() {
      closing.abort();
      const open = Object.values(pools).filter(({ closed }) => !closed);
      await Promise.all(open.map((pool) => pool.close()));
    },
  };
}

/** Timers and the deadline header need whole milliseconds. */
const whole = (ms: number): number => Math.max(1, Math.ceil(ms));
