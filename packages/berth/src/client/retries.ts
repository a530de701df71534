// Judges a call that failed: what that says of the other side, whether the call may be repeated, and after how long.
import type { Permit } from "../backing/circuit-breaker";
import type { AnyCall } from "./service-client";
import { ServiceError, ServiceProblem } from "./errors";

/** The wait before a repetition, in milliseconds: any part of this, doubled each time. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

/** Nobody has it: it can be sent to whoever is there later. */
export const isUnsent = ({ failure }: ServiceError): boolean => failure === "unreachable";

/**
 * What a failure says of the other side. An answer says that it is there, even if that is a 503: one path that is in trouble
 * must not cost the others.
 * @param hadTime Whether it had about as long as it may take: who calls us must not be able to make it look dead by waiting
 *   for a moment only.
 */
export function stateBy(err: unknown, hadTime: boolean): Parameters<Permit>[0] {
  if (!(err instanceof ServiceError)) return "unclear";
  if (err.failure === "timeout") return hadTime ? "away" : "unclear";
  return ["unreachable", "broken"].includes(err.failure) ? "away" : "answers";
}

/** Whether doing it twice is doing it once, or it was never done, and another try may end better. */
export function mayRepeat({ method, headers, isIdempotent }: AnyCall, err: ServiceError): boolean {
  if (isUnsent(err)) return true;
  const isSafe =
    isIdempotent ??
    (!["POST", "PATCH"].includes(method) ||
      Object.keys(headers ?? {}).some((header) => header.toLowerCase() === "idempotency-key"));
  if (err instanceof ServiceProblem)
    return isSafe && [429, 502, 503, 504].includes(err.problem.status);
  return isSafe && err.failure === "broken";
}

/**
 * How long to wait before a repetition, in milliseconds: as long as the other side says, and a random part of what doubles
 * with each try, as callers must not come in step.
 */
export function retryDelayMs(err: ServiceError, tries: number): number {
  const askedS = err instanceof ServiceProblem ? (err.retryAfterS ?? 0) : 0;
  const mostMs = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
  return askedS * 1000 + Math.random() * mostMs;
}
