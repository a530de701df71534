// Stops calling a service that does not answer, and finds out by single calls when it does again.
import type { Logger } from "pino";

/** As many failures in a row open the circuit. */
const FAILURES = 5;
/**
 * How long it stays open, in milliseconds: at first, and at most after doubling that with each failed try. One call a second
 * is no load, and whoever waits for a restart to end meets several tries in his time.
 */
const FIRST_MS = 250;
const LAST_MS = 1000;

/** What a restart takes, in milliseconds: who waits for one that has been away for longer waits in vain. */
const WORTH_MS = 5000;

/** The way to another service: open when that is down, as an electric circuit is. */
export interface Circuit {
  /**
   * Permission to call, to be given back; or how long to wait before asking again, in milliseconds: Infinity once it has
   * been open for so long that nobody should.
   */
  enter(): Permit | number;
}

/**
 * Says how the call that was permitted ended: whether the other side answers, is away, or has not had the time to show it.
 * @param err Why it is away, for the log.
 */
export type Permit = (ended: "answers" | "away" | "unclear", err?: unknown) => void;

/** Creates a closed circuit. @param now A clock in milliseconds. */
export function createCircuit(
  service: string,
  logger: Pick<Logger, "warn" | "info">,
  now: () => number = () => performance.now(),
): Circuit {
  let failures = 0;
  let openMs = FIRST_MS;
  let openUntil: number | undefined;
  let openSince = 0;
  /** While it is open, one call at a time tries. */
  let isTrying = false;

  function open(forMs: number): void {
    openMs = Math.min(forMs, LAST_MS);
    // Many who call the same service must not try in step, nor in step with one that comes and goes.
    openUntil = now() + openMs * (0.5 + Math.random() / 2);
  }

  const call: Permit = (ended, err) => {
    // What began before it opened says nothing of now.
    if (openUntil !== undefined || ended === "unclear") return;
    failures = ended === "answers" ? 0 : failures + 1;
    if (failures < FAILURES) return;
    openSince = now();
    open(FIRST_MS);
    logger.warn(
      { service, failures, err },
      `${service} does not answer, calls to it wait or fail at once`,
    );
  };

  const trial: Permit = (ended) => {
    isTrying = false;
    if (ended === "away") open(openMs * 2);
    if (ended !== "answers") return;
    [failures, openUntil] = [0, undefined];
    logger.info({ service }, `${service} answers again`);
  };

  return {
    enter() {
      if (openUntil === undefined) return call;
      const waitMs = isTrying ? FIRST_MS : openUntil - now();
      if (waitMs > 0) return now() - openSince < WORTH_MS ? waitMs : Infinity;
      isTrying = true;
      return trial;
    },
  };
}
