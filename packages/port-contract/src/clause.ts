// A clause of the contract, and the possible outcomes of its check.
import type { Context } from "./context";

/** As in RFC 2119. */
export type Level = "MUST" | "SHOULD" | "MAY";

/** One requirement on a process that binds a port, and the check for it. */
export interface Clause {
  /** A letter for the family (B bind, H HTTP, D drain, L logs, S scale, N other protocols, R backing) and a number. */
  readonly id: string;
  readonly level: Level;
  /** The requirement, as one sentence. */
  readonly title: string;
  /** Its sources: repositories, documents, platforms. */
  readonly demandedBy: string;
  /** Where a program that violates it breaks, and how. */
  readonly breaksOn: string;
  /** The usual fix. */
  readonly fix: string;
  /** What the check does, for the documentation. */
  readonly procedure: string;
  /** Ids of clauses that must pass before this one can be checked. */
  readonly needs?: readonly string[];
  /** Set if the clause is about HTTP; it is skipped with other probes. */
  readonly protocol?: "http";
  check(context: Context): Promise<Outcome>;
}

/** The outcome of a check. */
export type Outcome =
  | { readonly status: "pass"; readonly measured: string }
  | { readonly status: "skip"; readonly reason: string }
  | ({ readonly status: "fail"; readonly seen: string } & FailureOptions);

interface FailureOptions {
  /** Set if only the weaker half of a clause failed. */
  readonly level?: Level;
  /** True if the clauses that need this one can still be checked. */
  readonly harmless?: boolean;
}

/** The program complies; `measured` is the evidence. */
export function pass(measured: string): Outcome {
  return { status: "pass", measured };
}

/** The program does not comply; `seen` is what it did. */
export function fail(seen: string, options: FailureOptions = {}): Outcome {
  return { status: "fail", seen, ...options };
}

/** The clause could not be checked; `reason` is shown in the report. */
export function skip(reason: string): Outcome {
  return { status: "skip", reason };
}

/** Thrown by a check that can neither pass nor fail. It becomes a skip, with the message as its reason. */
export class InconclusiveError extends Error {}
