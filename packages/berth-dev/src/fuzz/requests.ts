// Makes requests for an operation: those that its description allows, and those that break one of its rules.
import fc from "fast-check";
import type { Judge, Operation, Parameter } from "./document";
import { BROKEN_BODIES, brokenFields } from "./broken-bodies";
import { brokenPaths, brokenQueries } from "./broken-targets";
import { isSendable, LONGEST_TARGET, pair, textOf } from "./target-texts";
import { valuesOf } from "./values";

/** A request, but for where it goes. */
export interface Draft {
  /** The rule that it breaks; undefined for none. */
  broken?: string;
  /** With what it may be refused; undefined for what the description leaves open. */
  refusals?: readonly number[];
  /** As they stand in the path, encoded. */
  params: Readonly<Record<string, string>>;
  /** Which of the ids that are known takes the place of those parameters; 0 for none. */
  known: number;
  /** Encoded, without its question mark. */
  query: string;
  /** The parameter that `query` stands for, where it is a fault's. */
  replaces?: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
}

/** Requests of one kind: a fault is looked for in each kind, and shrunk by itself. */
export interface Kind {
  name: "valid" | "path" | "query" | "fields" | "body" | "token";
  drafts: fc.Arbitrary<Draft>;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** @throws Unmakeable when nothing fits a schema. */
export function kindsOf(operation: Operation, judge: Judge, literals: ReadonlySet<string>): Kind[] {
  const valid = validDrafts(operation, judge, literals);
  const kinds: Kind[] = [{ name: "valid", drafts: valid }];
  const add = (name: Kind["name"], ways: readonly fc.Arbitrary<Partial<Draft>>[]) => {
    if (ways.length === 0) return;
    const drafts = fc.tuple(valid, fc.oneof(...ways)).map(([draft, fault]) => broken(draft, fault));
    kinds.push({ name, drafts });
  };
  add("path", brokenPaths(operation, judge));
  add("query", brokenQueries(operation, judge));
  if (operation.body) add("fields", brokenFields(operation.body, judge));
  if (operation.body) add("body", [fc.constantFrom(...BROKEN_BODIES)]);
  return kinds;
}

/** A draft with a fault in it: what it says of other parameters stays. */
function broken(draft: Draft, { query, replaces, ...fault }: Partial<Draft>): Draft {
  const others = draft.query.split("&").filter((of) => of && !of.startsWith(`${replaces}=`));
  return {
    ...draft,
    ...fault,
    params: { ...draft.params, ...fault.params },
    query: query === undefined ? draft.query : [...others, query].filter(Boolean).join("&"),
  };
}

function validDrafts(
  { parameters, body }: Operation,
  judge: Judge,
  literals: ReadonlySet<string>,
): fc.Arbitrary<Draft> {
  const isAllowed = (text: string) =>
    text !== "" && !literals.has(text.toLowerCase()) && text.isWellFormed();
  return fc
    .record({
      params: fc.record(
        mapParameters(parameters, "path", (of) =>
          textOf(of, judge).filter(isAllowed).map(encodeURIComponent),
        ),
      ),
      known: fc.nat({ max: 99 }),
      fields: fc.record(
        mapParameters(parameters, "query", ({ schema }) =>
          valuesOf(schema, judge).filter(isSendable),
        ),
        {
          requiredKeys: parameters.flatMap(({ name, in: place, required }) =>
            place === "query" && required ? name : [],
          ),
        },
      ),
      content: body ? valuesOf(body, judge) : fc.constant(undefined),
    })
    .map(({ params, known, fields, content }) => ({
      params,
      known,
      query: Object.entries(fields)
        .flatMap(([name, value]) => [value].flat().map((item) => pair(name, item)))
        .join("&"),
      headers: body ? JSON_TYPE : {},
      ...(body && { body: JSON.stringify(content) }),
    }))
    .filter(
      ({ params, query }) => query.length + Object.values(params).join("").length < LONGEST_TARGET,
    );
}

const mapParameters = (
  parameters: readonly Parameter[],
  place: string,
  make: (of: Parameter) => fc.Arbitrary<unknown>,
) =>
  Object.fromEntries(
    parameters.filter((of) => of.in === place).map((of) => [of.name, make(of)]),
  ) as Record<string, fc.Arbitrary<string>>;
