// Circuit breaker: stops calling a service that does not respond, and probes it with single calls until it does.
import type { Logger } from "pino";

/** How many failures in a row open the circuit. */
const FAILURES = 5;
/**
 * How long the circuit stays open before a trial call, in milliseconds: at first, and at most after doubling with each failed
 * trial. One call a second is no load, and a call that waits for a service to restart sees several trials.
 */
const FIRST_MS = 250;
const LAST_MS = 1000;

/** How long calls wait for an open circuit, in milliseconds: about as long as a restart takes. After that they fail at once. */
const WORTH_MS = 5000;

/** A circuit breaker. @see https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker */
export interface CircuitBreaker {
  /**
   * Returns a permit for one call, or, while the circuit is open, how long to wait before the next attempt, in milliseconds:
   * Infinity once it has been open for so long that calls should fail at once.
   */
  tryAcquire(): Permit | number;
}

/** How a call ended; `unknown` if it says nothing about the service, as when the call was given too little time. */
export type Outcome = "success" | "failure" | "unknown";

/** Reports how the permitted call ended. @param err The reason of a failure, for the log. */
export type Permit = (outcome: Outcome, err?: unknown) => void;

/** Creates a circuit breaker, closed. @param now A clock in milliseconds. */
export function createCircuitBreaker(
  service: string,
  logger: Pick<Logger, "warn" | "info">,
  now: () => number = () => performance.now(),
): CircuitBreaker {
  let failures = 0;
  let openMs = FIRST_MS;
  let openUntil: number | undefined;
  let openSince = 0;
  /** Half-open: one trial call at a time is in flight. */
  let isTrying = false;

  function open(forMs: number): void {
    openMs = Math.min(forMs, LAST_MS);
    // Jitter: many clients of one service must not probe in step, nor in step with one that restarts periodically.
    openUntil = now() + openMs * (0.5 + Math.random() / 2);
  }

  const call: Permit = (outcome, err) => {
    // A call that began before the circuit opened says nothing about the service now.
    if (openUntil !== undefined || outcome === "unknown") return;
    failures = outcome === "success" ? 0 : failures + 1;
    if (failures < FAILURES) return;
    openSince = now();
    open(FIRST_MS);
    logger.warn(
      { service, failures, err },
      `${service} is not responding: circuit breaker open, calls wait or fail at once`,
    );
  };

  const trial: Permit = (outcome) => {
    isTrying = false;
    if (outcome === "failure") open(openMs * 2);
    if (outcome !== "success") return;
    [failures, openUntil] = [0, undefined];
    logger.info({ service }, `${service} is responding again: circuit breaker closed`);
  };

  return {
    tryAcquire() {
      if (openUntil === undefined) return call;
      const waitMs = isTrying ? FIRST_MS : openUntil - now();
      if (waitMs > 0) return now() - openSince < WORTH_MS ? waitMs : Infinity;
      isTrying = true;
      return trial;
    },
  };
}
