// Counts the outcomes of requests.
import type { Outcome, Result } from "./exchange";

/** The number of requests, and of each kind of failure. */
export interface Account {
  requests: number;
  resets: number;
  /** Resets of a connection's first request: the connection may never have been accepted. */
  resetsOfNew: number;
  refusals: number;
  incomplete: number;
  /** Requests that reached their handler and got no complete response. */
  lost: number;
}

/** Counts the outcomes of one run; `accepted` has the ids of requests whose handler is known to have run. */
export function account(results: readonly Result[], accepted: ReadonlySet<string>): Account {
  const count = (outcome: Outcome): number => results.filter((of) => of.outcome === outcome).length;
  return {
    requests: results.length,
    resets: count("reset"),
    resetsOfNew: results.filter(({ outcome, isReused }) => outcome === "reset" && !isReused).length,
    refusals: count("refused"),
    incomplete: count("incomplete"),
    lost: results.filter(({ id, outcome }) => outcome !== "whole" && accepted.has(id)).length,
  };
}

/** Adds up the accounts of several runs. */
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
