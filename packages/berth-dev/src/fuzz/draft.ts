// A generated request, before its path is filled in.
import type fc from "fast-check";

export interface Draft {
  /** The rule that it violates; undefined for none. */
  broken?: string;
  /** The statuses that may reject it; undefined if the description does not say. */
  refusals?: readonly number[];
  /** The path's parameters, encoded. */
  params: Readonly<Record<string, string>>;
  /** The index of the known id that replaces those parameters; 0 for none. */
  known: number;
  /** Encoded, without its question mark. */
  query: string;
  /** The parameter that a violation's `query` replaces. */
  replaces?: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
}

/** Requests of one kind: each kind is tried and shrunk on its own. */
export interface Kind {
  name: "valid" | "path" | "query" | "fields" | "body" | "token";
  drafts: fc.Arbitrary<Draft>;
}
