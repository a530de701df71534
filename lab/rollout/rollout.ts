// A rolling deploy, event by event: which instances start, serve and end at a time. Pure.

/** A deploy of as many instances as there were. */
export interface Rollout {
  instances: number;
  /** How many more than that may start or serve at a time. */
  surge: number;
  /** How many fewer may serve. */
  unavailable: number;
  /** From the creation of an instance until it gets requests, in milliseconds, by its number. */
  readyAfterMs: (index: number) => number;
  /** From the order to end until it has ended, in milliseconds. */
  goneAfterMs: number;
}

/** What a deploy comes to. */
export interface Outcome {
  /** Until the last old instance has ended, in milliseconds. */
  tookMs: number;
  /** The most that ran at a time, those that end among them. */
  mostRunning: number;
  /** The fewest that served at a time. */
  leastServing: number;
}

/**
 * Plays a deploy by the rules of Kubernetes' Deployment: one that ends makes room for a new one at once, as it counts no more.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export function play(rollout: Rollout): Outcome {
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
    // What happens at the same time is seen together.
    while (events[0]?.atMs === nowMs) events.shift()!.happen();
  }
}
