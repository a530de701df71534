// Generates requests for an operation: valid ones, and ones that violate one rule of its description.
import fc from "fast-check";
import { CURSOR, type SchemaValidator, type Operation, type Parameter } from "./document";
import { formsOf, INVALID_FORMS, invalidForms } from "./forms";
import { INVALID_BODIES, invalidFields } from "./invalid-bodies";
import { invalidPaths, invalidQueries } from "./invalid-targets";
import type { Draft, Kind } from "./draft";
import { isEncodable, MAX_TARGET_LENGTH, pair, textOf } from "./url-encoding";
import { valuesOf } from "./values";

const JSON_TYPE = { "Content-Type": "application/json" };

/**
 * Returns the operation's kinds of requests.
 * @param fixedSegments Values that a path parameter must not have.
 * @throws NoValueError when no value can be generated for a schema.
 */
export function kindsOf(
  operation: Operation,
  validator: SchemaValidator,
  fixedSegments: ReadonlySet<string>,
): Kind[] {
  const valid = validDrafts(operation, validator, fixedSegments);
  const kinds: Kind[] = [{ name: "valid", drafts: valid }];
  const add = (name: Kind["name"], ways: readonly fc.Arbitrary<Partial<Draft>>[]) => {
    if (ways.length === 0) return;
    const drafts = fc
      .tuple(valid, fc.oneof(...ways))
      .map(([draft, change]) => withViolation(draft, change));
    kinds.push({ name, drafts });
  };
  add("path", invalidPaths(operation, validator));
  add("query", invalidQueries(operation, validator));
  if (operation.body) add("fields", invalidFields(operation.body, validator));
  if (operation.body) add("body", [fc.constantFrom(...INVALID_BODIES)]);
  if (operation.form) add("fields", invalidForms(operation.form, validator));
  if (operation.form) add("body", [fc.constantFrom(...INVALID_FORMS)]);
  return kinds;
}

/** Changes a valid draft so that it violates a rule, and keeps its other parameters. */
function withViolation(draft: Draft, { query, replaces, ...change }: Partial<Draft>): Draft {
  const others = draft.query.split("&").filter((one) => one && !one.startsWith(`${replaces}=`));
  return {
    ...draft,
    ...change,
    params: { ...draft.params, ...change.params },
    query: query === undefined ? draft.query : [...others, query].filter(Boolean).join("&"),
  };
}

function validDrafts(
  { parameters, body, form }: Operation,
  validator: SchemaValidator,
  fixedSegments: ReadonlySet<string>,
): fc.Arbitrary<Draft> {
  // Only the service can make a cursor: see next-pages.ts.
  const generated = parameters.filter(
    ({ schema, required }) => required || validator.resolve(schema).format !== CURSOR,
  );
  const isAllowed = (text: string) =>
    text !== "" && !fixedSegments.has(text.toLowerCase()) && text.isWellFormed();
  return fc
    .record({
      params: fc.record(
        mapParameters(parameters, "path", (parameter) =>
          textOf(parameter, validator).filter(isAllowed).map(encodeURIComponent),
        ),
      ),
      known: fc.nat({ max: 99 }),
      fields: fc.record(
        mapParameters(generated, "query", ({ schema }) =>
          valuesOf(schema, validator).filter(isEncodable),
        ),
        {
          requiredKeys: parameters.flatMap(({ name, in: place, required }) =>
            place === "query" && required ? name : [],
          ),
        },
      ),
      content: contentOf({ body, form }, validator),
    })
    .map(({ params, known, fields, content }) => ({
      params,
      known,
      query: Object.entries(fields)
        .flatMap(([name, value]) => [value].flat().map((item) => pair(name, item)))
        .join("&"),
      ...content,
    }))
    .filter(
      ({ params, query }) =>
        query.length + Object.values(params).join("").length < MAX_TARGET_LENGTH,
    );
}

/** The valid bodies with their headers. */
function contentOf(
  { body, form }: Pick<Operation, "body" | "form">,
  validator: SchemaValidator,
): fc.Arbitrary<Pick<Draft, "headers" | "body">> {
  if (form) return formsOf(form, validator);
  if (!body) return fc.constant({ headers: {} });
  return valuesOf(body, validator).map((value) => ({
    headers: JSON_TYPE,
    body: JSON.stringify(value),
  }));
}

const mapParameters = (
  parameters: readonly Parameter[],
  place: string,
  generatorFor: (parameter: Parameter) => fc.Arbitrary<unknown>,
) =>
  Object.fromEntries(
    parameters
      .filter((parameter) => parameter.in === place)
      .map((parameter) => [parameter.name, generatorFor(parameter)]),
  ) as Record<string, fc.Arbitrary<string>>;

/** Missing and invalid credentials. */
const BAD_CREDENTIALS: Record<string, string>[] = [
  {},
  { Authorization: "Bearer x" },
  { Authorization: "Bearer e30.e30.e30" },
  { Authorization: "Basic eDp4" },
];

/** Valid requests with a missing or invalid token. @param kinds The operation's kinds, which include the valid one. */
export function withoutToken({ method, path }: Operation, kinds: readonly Kind[]): Kind[] {
  const valid = kinds.find(({ name }) => name === "valid");
  if (!valid) throw new Error(`${method} ${path} has no valid requests`);
  const drafts = fc
    .tuple(valid.drafts, fc.constantFrom(...BAD_CREDENTIALS))
    .map(([draft, credentials]) => ({
      ...draft,
      headers: { ...draft.headers, ...credentials },
      violation: "the token is missing or invalid",
      rejectStatuses: [401, 403],
    }));
  return [{ name: "token", drafts }];
}
