// Stops calling a service that does not answer, and finds out by single calls when it does again.
import type { Logger } from "pino";

/** As many failures in a row open the circuit. */
const FAILURES = 5;
/** How long it stays open, in milliseconds: at first, and at most after doubling that with each failed try. */
const FIRST_MS = 250;
const LAST_MS = 10_000;

/** The way to another service: open when that is down, as an electric circuit is. */
export interface Circuit {
  /** How long to wait before a call may be tried, in milliseconds; 0 takes the permission at once. */
  enter(): number;
  /**
   * Says how a call that was permitted ended: whether the other side has answered.
   * @param err Why it has not, for the log.
   */
  leave(hasAnswered: boolean, err?: unknown): void;
  isOpen(): boolean;
}

/** Creates a closed circuit. @param now A clock in milliseconds. */
export function createCircuit(
  service: string,
  logger: Pick<Logger, "warn" | "info">,
  now: () => number = () => performance.now(),
): Circuit {
  let failures = 0;
  let openMs = FIRST_MS;
  let openUntil: number | undefined;
  /** While it is open, one call at a time tries. */
  let isTrying = false;

  return {
    enter() {
      if (openUntil === undefined) return 0;
      const waitMs = openUntil - now();
      if (waitMs > 0) return waitMs;
      if (isTrying) return FIRST_MS;
      isTrying = true;
      return 0;
    },
    leave(hasAnswered, err) {
      if (hasAnswered) {
        if (openUntil !== undefined) logger.info({ service }, `${service} answers again`);
        [failures, openMs, openUntil, isTrying] = [0, FIRST_MS, undefined, false];
        return;
      }
      failures++;
      if (openUntil === undefined) {
        if (failures < FAILURES) return;
        logger.warn(
          { service, failures, err },
          `${service} does not answer, calls to it wait or fail at once`,
        );
      } else if (isTrying) {
        openMs = Math.min(openMs * 2, LAST_MS);
      } else return;
      isTrying = false;
      openUntil = now() + openMs;
    },
    isOpen: () => openUntil !== undefined,
  };
}
