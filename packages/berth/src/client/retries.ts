// Decides after a failed call: whether it counts for the circuit breaker, whether to retry, and after how long.
import type { Outcome } from "../backing/circuit-breaker";
import { ServiceError, ServiceProblem } from "./errors";
import type { RequestCall } from "./types";

/** The longest delay before the first retry, in milliseconds; it doubles with each try, up to the limit. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

/** Whether no server received the call, so that any call may be retried. */
export const isUnsent = ({ failure }: ServiceError): boolean => failure === "unreachable";

/**
 * What a failed call means for the circuit breaker. Any response is a success, even a 503: one failing path must not cut off
 * the others.
 * @param hadTime Whether the call had at least half of the usual time: a client with a tiny deadline must not open the
 *   circuit.
 */
export function outcomeOf(err: unknown, hadTime: boolean): Outcome {
  if (!(err instanceof ServiceError)) return "unknown";
  if (err.failure === "timeout") return hadTime ? "failure" : "unknown";
  return ["unreachable", "broken"].includes(err.failure) ? "failure" : "success";
}

/**
 * Whether another try may succeed, and cannot do the work twice: the call is idempotent, or was not sent.
 * @param isBegun Whether the beginning of a stream has been sent, and cannot be sent again.
 */
export function mayRepeat(
  { method, headers, isIdempotent }: Pick<RequestCall, "method" | "headers" | "isIdempotent">,
  err: ServiceError,
  isBegun: boolean,
): boolean {
  if (isBegun) return false;
  if (isUnsent(err)) return true;
  const isRepeatable =
    isIdempotent ??
    (!["POST", "PATCH"].includes(method) ||
      Object.keys(headers ?? {}).some((header) => header.toLowerCase() === "idempotency-key"));
  if (err instanceof ServiceProblem)
    return isRepeatable && [429, 502, 503, 504].includes(err.problem.status);
  return isRepeatable && err.failure === "broken";
}

/**
 * How long to wait before a retry, in milliseconds: the service's Retry-After, plus exponential back-off with full jitter,
 * so that callers do not retry in step.
 */
export function retryDelayMs(err: ServiceError, tries: number): number {
  const askedS = err instanceof ServiceProblem ? (err.retryAfterS ?? 0) : 0;
  const backOffMs = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
  return askedS * 1000 + Math.random() * backOffMs;
}

/** What each call adds to the retry budget: one call in five may be retried. */
const RETRIES_PER_CALL = 0.2;
/** The initial and largest budget, for a burst of failures. */
const MAX_RETRIES = 100;

/** Limits retries to a share of all calls: otherwise they multiply the load of a service that is failing (retry storm). */
export interface RetryBudget {
  /** Counts a first try. */
  earn(): void;
  /** Takes one retry; returns false if none is left. */
  spend(): boolean;
}

/** Creates a full budget. */
export function createRetryBudget(): RetryBudget {
  let left = MAX_RETRIES;
  return {
    earn() {
      left = Math.min(MAX_RETRIES, left + RETRIES_PER_CALL);
    },
    spend() {
      if (left < 1) return false;
      left--;
      return true;
    },
  };
}
