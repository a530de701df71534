// A circuit breaker: calls to a service that does not respond fail at once, and single trial calls find out when it does.
import type { Logger } from "pino";
import { circuitChange } from "../process/channels";

/** How many failures in a row open the circuit. */
const FAILURE_THRESHOLD = 5;
/**
 * How long the circuit stays open before a trial call, in milliseconds; it doubles with each failed trial, up to the limit.
 * One call a second is no load, and a call that waits for a service to restart sees several trials.
 */
const FIRST_OPEN_MS = 250;
const MAX_OPEN_MS = 1000;

/** How long calls wait while the circuit is open, in milliseconds: about as long as a restart takes. Later ones fail at once. */
const WAIT_MS = 5000;

/** A circuit breaker. @see https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker */
export interface CircuitBreaker {
  /**
   * Returns a permit for one call, or, while the circuit is open, how long to wait before asking again, in milliseconds;
   * Infinity if the call should fail at once.
   */
  tryAcquire(): Permit | number;
}

/** How a call ended; `unknown` if that says nothing about the service, as after too short a timeout. */
export type Outcome = "success" | "failure" | "unknown";

/** Reports how the permitted call ended; to be called once. @param err The reason of a failure, for the log. */
export type Permit = (outcome: Outcome, err?: unknown) => void;

/** Creates a closed circuit breaker. @param service Its name in the log. @param now A clock in milliseconds. */
export function createCircuitBreaker(
  service: string,
  logger: Pick<Logger, "warn" | "info">,
  now: () => number = () => performance.now(),
): CircuitBreaker {
  let failures = 0;
  let openMs = FIRST_OPEN_MS;
  let openUntil: number | undefined;
  let openSince = 0;
  /** Half-open: a trial call is in flight. */
  let isHalfOpen = false;

  const publish = (isOpen: boolean): void => {
    if (circuitChange.hasSubscribers) circuitChange.publish({ service, isOpen });
  };
  publish(false);

  function open(forMs: number): void {
    openMs = Math.min(forMs, MAX_OPEN_MS);
    // Jitter: many clients must not try in step, nor in step with a service that restarts periodically.
    openUntil = now() + openMs * (0.5 + Math.random() / 2);
  }

  const reportCall: Permit = (outcome, err) => {
    // A call from before the circuit opened says nothing about the service now.
    if (openUntil !== undefined || outcome === "unknown") return;
    failures = outcome === "success" ? 0 : failures + 1;
    if (failures < FAILURE_THRESHOLD) return;
    openSince = now();
    open(FIRST_OPEN_MS);
    publish(true);
    logger.warn(
      { service, failures, err },
      `${service} is not responding: circuit breaker open, calls wait or fail at once`,
    );
  };

  const reportTrial: Permit = (outcome) => {
    isHalfOpen = false;
    if (outcome === "failure") open(openMs * 2);
    if (outcome !== "success") return;
    [failures, openUntil] = [0, undefined];
    publish(false);
    logger.info({ service }, `${service} is responding again: circuit breaker closed`);
  };

  return {
    tryAcquire() {
      if (openUntil === undefined) return reportCall;
      const waitMs = isHalfOpen ? FIRST_OPEN_MS : openUntil - now();
      if (waitMs > 0) return now() - openSince < WAIT_MS ? waitMs : Infinity;
      isHalfOpen = true;
      return reportTrial;
    },
  };
}
