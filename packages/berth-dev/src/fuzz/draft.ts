// A generated request, before the parameters of its path are filled in.
import type fc from "fast-check";

export interface Draft {
  /** The rule that it violates; undefined for valid input. */
  violation?: string;
  /** The statuses that may reject it; undefined if the document does not say. */
  rejectStatuses?: readonly number[];
  /** The path's parameters, percent-encoded. */
  params: Readonly<Record<string, string>>;
  /** The index of the known id that replaces those parameters; 0 for none. */
  known: number;
  /** Percent-encoded, without its question mark. */
  query: string;
  /** The parameter that a violation's `query` replaces. */
  replaces?: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
}

/** Requests of one kind. Each kind is tried and shrunk on its own. */
export interface Kind {
  name: "valid" | "path" | "query" | "fields" | "body" | "token";
  drafts: fc.Arbitrary<Draft>;
}
