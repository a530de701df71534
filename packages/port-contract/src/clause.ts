// What a clause is, and what a check of it can come to.
import type { Context } from "./context";

/** As in RFC 2119. */
export type Level = "MUST" | "SHOULD" | "MAY";

/** One demand on a port-bound process, and the check that shows whether a program keeps it. */
export interface Clause {
  /** A letter for the family (B bind, H HTTP, D drain, L logs, S scale, N other protocols, R backing) and a number. */
  readonly id: string;
  readonly level: Level;
  /** The demand as one sentence. */
  readonly title: string;
  /** Who demands it: repositories, documents, platforms. */
  readonly demandedBy: string;
  /** What goes wrong, and where, when it is broken. */
  readonly breaksOn: string;
  /** How it is usually mended. */
  readonly mend: string;
  /** How the check goes about it, for the documentation. */
  readonly procedure: string;
  /** Other clauses without which this one cannot be judged. */
  readonly needs?: readonly string[];
  /** Set when the clause is about HTTP, and skipped with other probes. */
  readonly protocol?: "http";
  check(context: Context): Promise<Outcome>;
}

/** What a check has come to. */
export type Outcome =
  | { readonly status: "pass"; readonly measured: string }
  | { readonly status: "skip"; readonly reason: string }
  | ({ readonly status: "fail"; readonly seen: string } & FailureOptions);

interface FailureOptions {
  /** Where only the weaker half of a clause is broken. */
  readonly level?: Level;
  /** True when clauses that need this one can be judged nevertheless. */
  readonly harmless?: boolean;
}

/** The program keeps the clause; `measured` says by how much. */
export function pass(measured: string): Outcome {
  return { status: "pass", measured };
}

/** The program breaks the clause; `seen` says what it did. */
export function fail(seen: string, options: FailureOptions = {}): Outcome {
  return { status: "fail", seen, ...options };
}

/** Nothing can be said, for a reason that the reader is told. */
export function skip(reason: string): Outcome {
  return { status: "skip", reason };
}

/** Thrown where a check finds out on its way that it has nothing to judge by; becomes a skip. */
export class CannotJudge extends Error {}
