// Generates paths and queries that violate the schemas of their parameters.
import fc from "fast-check";
import {
  CURSOR,
  type JsonSchema,
  type Operation,
  type Parameter,
  type SchemaValidator,
} from "./document";
import { violationsOf } from "./violations";
import type { Draft } from "./draft";
import { asText, MAX_TARGET_LENGTH, pair, textOf } from "./url-encoding";

/** Paths that are malformed, or that violate a parameter's schema. */
export function invalidPaths(
  { parameters }: Operation,
  validator: SchemaValidator,
): fc.Arbitrary<Partial<Draft>>[] {
  return parameters
    .filter((parameter) => parameter.in === "path")
    .flatMap(({ name, schema }) => {
      const violating = (
        rule: string,
        texts: fc.Arbitrary<string>,
        rejectStatuses: readonly number[],
      ) =>
        texts.map((text) => ({
          violation: `the path's ${name} ${rule}`,
          known: 0,
          rejectStatuses,
          params: { [name]: text },
        }));
      const malformed = fc.constantFrom("%", "%E0%A4%A", "%zz", "%ED%A0%80", "%FF", "a%c3");
      const forms = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom(
          "\u0000",
          "a/b",
          "..\\..",
          "1\u0000",
          "+1",
          " 1",
          "1 ",
          "01",
          "1.0",
          "x".repeat(3000),
        ),
      );
      const invalid = fc
        .oneof(forms, ...textViolations(schema, validator))
        .filter(
          (text) =>
            !/^\.{0,2}$/.test(text) && text.isWellFormed() && !validator.isValid(schema, text),
        );
      const ways = [violating("is malformed", malformed, [400, 404])];
      if (canBeInvalid(schema))
        ways.push(violating("is not valid", invalid.map(encodeURIComponent), [404]));
      return ways;
    });
}

/** Whether the schema rejects any text. */
const canBeInvalid = ({
  pattern,
  format,
  enum: values,
  const: only,
  minLength,
  maxLength,
  type,
}: JsonSchema) =>
  [pattern, format, values, only, maxLength].some((rule) => rule !== undefined) ||
  (minLength ?? 0) > 0 ||
  type !== "string";

const textViolations = (schema: JsonSchema, validator: SchemaValidator): fc.Arbitrary<string>[] =>
  schema.type === "string"
    ? violationsOf(schema, validator).map(({ values }) =>
        values.map(asText).map((text) => text.slice(0, 3000)),
      )
    : [];

/** Queries that violate a parameter's schema, or are unusual. */
export function invalidQueries(
  { parameters }: Operation,
  validator: SchemaValidator,
): fc.Arbitrary<Partial<Draft>>[] {
  const inQuery = parameters.filter((parameter) => parameter.in === "query");
  const ways = inQuery.flatMap((parameter) => {
    const { name, schema, required } = parameter;
    const violating = (rule: string, queries: fc.Arbitrary<string>) =>
      queries.map((query) => ({
        violation: `the query's ${name} ${rule}`,
        rejectStatuses: [400],
        query,
        replaces: encodeURIComponent(name),
      }));
    const invalid = invalidTexts(schema, validator);
    const twice = textOf(parameter, validator).map((text) =>
      [pair(name, text), pair(name, text)].join("&"),
    );
    return [
      ...(validator.resolve(schema).format === CURSOR ? [madeUpCursors(parameter, validator)] : []),
      ...(invalid
        ? [
            violating(
              "is not valid",
              invalid.map((text) => pair(name, text)),
            ),
          ]
        : []),
      ...(isSingle(schema) ? [violating("is repeated", twice)] : []),
      ...(required ? [violating("is missing", fc.constant(""))] : []),
    ];
  });
  // The document does not say whether unknown parameters are rejected.
  return [...ways, UNKNOWN_QUERIES];
}

/** The document does not say which of them are cursors. */
const madeUpCursors = (parameter: Parameter, validator: SchemaValidator) =>
  textOf(parameter, validator).map((text) => ({
    violation: `the query's ${parameter.name} is made up`,
    query: pair(parameter.name, text),
    replaces: encodeURIComponent(parameter.name),
  }));

const isSingle = ({ type }: JsonSchema): boolean => typeof type === "string" && type !== "array";

const UNKNOWN_QUERIES = fc
  .oneof(
    fc.constantFrom(
      "%",
      "%E0%A4%A=%zz",
      "=",
      "&&&",
      "__proto__=1",
      "constructor[prototype]=1",
      "a[]=1&a[b]=2",
      "%00=%00",
      `${"a".repeat(3000)}=1`,
    ),
    fc
      .array(fc.constantFrom("x", "q[0]", "a.b"))
      .map((names) => names.map((name) => `${name}=1`).join("&")),
  )
  .map((query) => ({ query, violation: "the query is unusual" }));

/** Texts that are not valid for the schema. Undefined if every text is valid. */
export function invalidTexts(
  schema: JsonSchema,
  validator: SchemaValidator,
): fc.Arbitrary<string> | undefined {
  const { type } = validator.resolve(schema);
  if (type === "integer" || type === "number") {
    const outside = violationsOf(schema, validator)
      .filter(({ rule }) => rule !== "is of another type")
      .map(({ values }) => values.map(String));
    return fc.oneof(
      fc.constantFrom("", " ", "x", "NaN", "0x10", "1,0", "\u0000", "1\u0000", "٣", "--1"),
      ...outside,
    );
  }
  if (type === "boolean") return fc.constantFrom("", "yes", "2", "TRUE\u0000");
  if (type !== "string" || !canBeInvalid(schema)) return undefined;
  return fc
    .oneof(
      fc.string({ unit: "binary" }),
      fc.constant("\u0000"),
      ...textViolations(schema, validator),
    )
    .filter(
      (text) =>
        text.isWellFormed() &&
        !validator.isValid(schema, text) &&
        encodeURIComponent(text).length < MAX_TARGET_LENGTH,
    );
}
