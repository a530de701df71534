// Simulates a rolling deploy, event by event.

/** A deploy that replaces all instances. */
export interface Rollout {
  instances: number;
  /** How many extra instances may start or serve at a time (maxSurge). */
  surge: number;
  /** How many fewer may serve (maxUnavailable). */
  unavailable: number;
  /** From the creation of an instance until it gets requests, in milliseconds, by instance number. */
  readyAfterMs: (index: number) => number;
  /** From SIGTERM until the exit, in milliseconds. */
  goneAfterMs: number;
}

/** The result of a deploy. */
export interface Outcome {
  /** Until the last old instance has exited, in milliseconds. */
  tookMs: number;
  /** The most instances that ran at a time, including terminating ones. */
  mostRunning: number;
  /** The fewest instances that served at a time. */
  leastServing: number;
}

/**
 * Simulates a deploy by the rules of a Kubernetes Deployment: a terminating instance no longer counts, so it makes room for
 * a new one at once.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export function simulate(rollout: Rollout): Outcome {
  const { instances, surge, unavailable, readyAfterMs, goneAfterMs } = rollout;
  const events: { atMs: number; happen: () => void }[] = [];
  const count = { old: instances, starting: 0, serving: 0, ending: 0 };
  let created = 0;
  let nowMs = 0;
  const outcome: Outcome = { tookMs: 0, mostRunning: instances, leastServing: instances };

  const later = (afterMs: number, happen: () => void): void =>
    void events.push({ atMs: nowMs + afterMs, happen });
  const create = (): void => {
    count.starting++;
    later(readyAfterMs(created++), () => {
      count.starting--;
      count.serving++;
    });
  };
  const end = (): void => {
    count.old--;
    count.ending++;
    later(goneAfterMs, () => count.ending--);
  };

  for (;;) {
    while (count.old > 0 && count.old + count.serving > instances - unavailable) end();
    const wanted = () => count.old + count.starting + count.serving < instances + surge;
    while (created < instances && wanted()) create();
    const running = count.old + count.starting + count.serving + count.ending;
    outcome.mostRunning = Math.max(outcome.mostRunning, running);
    outcome.leastServing = Math.min(outcome.leastServing, count.old + count.serving);
    events.sort((a, b) => a.atMs - b.atMs);
    const next = events.shift();
    if (!next) return { ...outcome, tookMs: nowMs };
    nowMs = next.atMs;
    next.happen();
    // Simultaneous events are handled together.
    while (events[0]?.atMs === nowMs) events.shift()!.happen();
  }
}
