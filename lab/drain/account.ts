// Adds up what became of requests.
import type { Answer, Outcome } from "./exchange";

/** How many requests there were, and how many did not end well. */
export interface Account {
  requests: number;
  resets: number;
  /** Resets of a connection's first request: such a connection may never have been accepted. */
  resetsOfNew: number;
  refusals: number;
  incomplete: number;
  /** Requests that had reached their handler and got no whole answer. */
  lost: number;
}

/** Counts one run's answers; `accepted` holds the ids of requests whose handler is known to have run. */
export function account(answers: readonly Answer[], accepted: ReadonlySet<string>): Account {
  const count = (outcome: Outcome): number => answers.filter((of) => of.outcome === outcome).length;
  return {
    requests: answers.length,
    resets: count("reset"),
    resetsOfNew: answers.filter(({ outcome, isReused }) => outcome === "reset" && !isReused).length,
    refusals: count("refused"),
    incomplete: count("incomplete"),
    lost: answers.filter(({ id, outcome }) => outcome !== "whole" && accepted.has(id)).length,
  };
}

/** Adds the runs' accounts. */
export function total(accounts: readonly Account[]): Account {
  const sum = (key: keyof Account): number => accounts.reduce((all, one) => all + one[key], 0);
  return {
    requests: sum("requests"),
    resets: sum("resets"),
    resetsOfNew: sum("resetsOfNew"),
    refusals: sum("refusals"),
    incomplete: sum("incomplete"),
    lost: sum("lost"),
  };
}
