// Tries a call until it succeeds, cannot be repeated, or has no time left.
import { setTimeout as sleep } from "node:timers/promises";
import { currentContext } from "../process/work-context";
import type { CircuitBreaker, Permit } from "../backing/circuit-breaker";
import { type PublishedAttempt, publishAttempt } from "./attempt-events";
import { ServiceError } from "./errors";
import { type ServiceRequest, takeContent, toRequest } from "./request";
import { createRetryBudget, isUnsent, mayRepeat, outcomeOf, retryDelayMs } from "./retries";
import type { Semaphore } from "./semaphore";
import type { AnyCall, RequestCall } from "./types";

/** What attempts need from the client. */
export interface AttemptsOptions {
  /** The service's name. */
  name: string;
  /** Such as `https://stock.example`. */
  origin: string;
  /** The path prefix of all calls. */
  prefix: string;
  /** The default time limit of a call, in milliseconds. */
  timeoutMs: number;
  /** How long the service may be silent, in milliseconds. */
  silenceTimeoutMs: number;
  circuit: CircuitBreaker;
  /**
   * Resolves with the request as it is to be sent; without it, that is the request itself.
   * @param waitMs How long the caller waits, for a header that is signed, too; in milliseconds.
   * @param limitMs How long signing may take, in milliseconds.
   */
  sign?:
    | ((request: ServiceRequest, waitMs: number, limitMs: number) => Promise<ServiceRequest>)
    | undefined;
  /** Aborted when the client is closed. */
  closing: AbortSignal;
}

/** How calls of one kind are sent. */
export interface Lane<T> {
  semaphore: Semaphore;
  /** The Accept header. */
  accepted: string;
  /** How long the caller waits for the end of the response, in milliseconds; the time limit by default. */
  waitMs?: () => number;
  /**
   * Sends the request once.
   * @param limitMs The time limit, in milliseconds.
   * @param release Frees the connection for the next call; it must be called in any case.
   */
  send(request: ServiceRequest, limitMs: number, release: () => void): Promise<T>;
}

/** Sends a call, more than once where that helps and is safe. */
export type Attempt = <T>(
  call: Omit<AnyCall, "response"> | RequestCall,
  lane: Lane<T>,
) => Promise<T>;

/** Node's longest timer, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Creates the function that sends calls, with one retry budget for all of them. */
export function createAttempts(options: AttemptsOptions): Attempt {
  const { name, origin, prefix, timeoutMs, silenceTimeoutMs, circuit, sign, closing } = options;
  const budget = createRetryBudget();

  /** Sleeps; `close` ends it. */
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal: closing }).catch(() => undefined);

  /** Waits for the circuit breaker. @throws ServiceError, that of the last try if any, when the time left is too short. */
  async function acquirePermit(remainingMs: () => number, last?: ServiceError): Promise<Permit> {
    for (;;) {
      const permit = closing.aborted ? Infinity : circuit.tryAcquire();
      if (typeof permit !== "number") return permit;
      if (permit >= remainingMs()) throw last ?? unavailable(name);
      await pause(permit);
    }
  }

  /** Signs the request. A failure says nothing about the service. */
  async function prepare<T>(
    request: ServiceRequest,
    { waitMs }: Lane<T>,
    remainingMs: () => number,
    report: Permit,
    release: () => void,
    published: PublishedAttempt | undefined,
  ): Promise<ServiceRequest> {
    const limitMs = wholeMs(remainingMs());
    try {
      return await sign!(request, waitMs?.() ?? limitMs, limitMs);
    } catch (err) {
      release();
      report("unknown");
      published?.end(err);
      throw err;
    }
  }

  async function attempt<T>(
    call: Omit<AnyCall, "response"> | RequestCall,
    lane: Lane<T>,
    sent: Pick<ServiceRequest, "body" | "content">,
  ): Promise<T> {
    const timeLimitMs = Math.min(call.timeoutMs ?? timeoutMs, MAX_TIMER_MS);
    const remainingMs = startTimer(name, timeLimitMs);
    const request = { ...toRequest(call, prefix, lane.accepted), ...sent };
    budget.earn();
    let last: ServiceError | undefined;
    for (let tries = 1; ; tries++) {
      const report = await acquirePermit(remainingMs, last);
      const acquired = lane.semaphore.acquire(remainingMs());
      const release = acquired instanceof Promise ? await acquired : acquired;
      if (!release) {
        report("unknown");
        throw last ?? unavailable(name);
      }
      const published = publishAttempt(name, origin, request, tries);
      const toSend = published?.request ?? request;
      const ready = sign
        ? await prepare(toSend, lane, remainingMs, report, release, published)
        : toSend;
      const limitMs = wholeMs(remainingMs());
      try {
        const response = await lane.send(ready, limitMs, release);
        report("success");
        published?.end();
        return response;
      } catch (err) {
        published?.end(err);
        // A slow stream, such as a client's upload, uses up the service's time.
        const isSending = request.content?.isUnfinished() ?? false;
        const hadTime = !isSending && limitMs >= Math.min(timeLimitMs, silenceTimeoutMs) / 2;
        report(outcomeOf(err, hadTime), err);
        if (!(err instanceof ServiceError)) throw err;
        last = err;
        const waitMs = retryDelayMs(err, tries);
        const isBegun = request.content?.isBegun() ?? false;
        const isWorthwhile = mayRepeat(call, err, isBegun) && waitMs < remainingMs();
        if (!isWorthwhile || !(isUnsent(err) || budget.spend())) throw err;
        await pause(waitMs);
        // In a busy process, the timer may fire after the deadline.
        if (remainingMs() <= 0) throw err;
      }
    }
  }

  return async (call, lane) => {
    if (!call.content) return attempt(call, lane, {});
    const sent = takeContent(call.content);
    try {
      return await attempt(call, lane, sent);
    } catch (err) {
      sent.content?.discard();
      throw err;
    }
  };
}

/** The service is down, or the client is closed. */
export const unavailable = (service: string): ServiceError =>
  new ServiceError(service, "unreachable", 503, "is not available at the moment");

/**
 * Starts a call's time limit, which ends no later than the deadline of the request being handled.
 * @returns A function for the remaining time, in milliseconds.
 * @throws ServiceError when the deadline has passed.
 */
export function startTimer(service: string, timeLimitMs: number): () => number {
  const own = performance.now() + timeLimitMs;
  const deadline = Math.min(own, currentContext()?.deadline ?? Infinity);
  const remainingMs = (): number => deadline - performance.now();
  if (remainingMs() > 0) return remainingMs;
  const what = "was not called: the deadline of the request has passed";
  throw new ServiceError(service, "timeout", 504, what);
}

/** Timers and the deadline header need whole milliseconds. */
export const wholeMs = (ms: number): number => Math.max(1, Math.ceil(ms));
