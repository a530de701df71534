// How much of the load on another service may be repetition: a service that is in trouble must not get more of it.

/** What a call adds to the budget, so that one in five may be repeated. */
const PER_CALL = 0.2;
/** What is there at first, and at most, for a moment in which many fail at once. */
const MOST = 100;

/** Permission to repeat calls. */
export interface RetryBudget {
  /** Counts a first try. */
  earn(): void;
  /** Takes one repetition, and returns whether there was one left. */
  spend(): boolean;
}

/** Creates a full budget. */
export function createRetryBudget(): RetryBudget {
  let left = MOST;
  return {
    earn() {
      left = Math.min(MOST, left + PER_CALL);
    },
    spend() {
      if (left < 1) return false;
      left--;
      return true;
    },
  };
}
