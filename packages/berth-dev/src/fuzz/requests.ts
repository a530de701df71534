// Generates requests for an operation: valid ones, and ones that violate one rule of its description.
import fc from "fast-check";
import type { Judge, Operation, Parameter } from "./document";
import { BROKEN_BODIES, brokenFields } from "./broken-bodies";
import { brokenPaths, brokenQueries } from "./broken-targets";
import type { Draft, Kind } from "./draft";
import { isSendable, MAX_TARGET_LENGTH, pair, textOf } from "./target-texts";
import { valuesOf } from "./values";

const JSON_TYPE = { "Content-Type": "application/json" };

/** @throws Unmakeable when no value can be generated for a schema. */
export function kindsOf(operation: Operation, judge: Judge, literals: ReadonlySet<string>): Kind[] {
  const valid = validDrafts(operation, judge, literals);
  const kinds: Kind[] = [{ name: "valid", drafts: valid }];
  const add = (name: Kind["name"], ways: readonly fc.Arbitrary<Partial<Draft>>[]) => {
    if (ways.length === 0) return;
    const drafts = fc
      .tuple(valid, fc.oneof(...ways))
      .map(([draft, violation]) => broken(draft, violation));
    kinds.push({ name, drafts });
  };
  add("path", brokenPaths(operation, judge));
  add("query", brokenQueries(operation, judge));
  if (operation.body) add("fields", brokenFields(operation.body, judge));
  if (operation.body) add("body", [fc.constantFrom(...BROKEN_BODIES)]);
  return kinds;
}

/** Adds a violation to a valid draft, and keeps its other parameters. */
function broken(draft: Draft, { query, replaces, ...violation }: Partial<Draft>): Draft {
  const others = draft.query.split("&").filter((of) => of && !of.startsWith(`${replaces}=`));
  return {
    ...draft,
    ...violation,
    params: { ...draft.params, ...violation.params },
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
      ({ params, query }) =>
        query.length + Object.values(params).join("").length < MAX_TARGET_LENGTH,
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

/** Missing and invalid credentials. */
const BAD_CREDENTIALS: Record<string, string>[] = [
  {},
  { Authorization: "Bearer x" },
  { Authorization: "Bearer e30.e30.e30" },
  { Authorization: "Basic eDp4" },
];

/** Valid requests with a missing or invalid token. @param kinds The operation's other kinds. */
export function withoutToken({ method, path }: Operation, kinds: readonly Kind[]): Kind[] {
  const valid = kinds.find(({ name }) => name === "valid");
  if (!valid) throw new Error(`${method} ${path} has no valid requests`);
  const drafts = fc
    .tuple(valid.drafts, fc.constantFrom(...BAD_CREDENTIALS))
    .map(([draft, wrong]) => ({
      ...draft,
      headers: { ...draft.headers, ...wrong },
      broken: "the token is missing or invalid",
      refusals: [401, 403],
    }));
  return [{ name: "token", drafts }];
}
