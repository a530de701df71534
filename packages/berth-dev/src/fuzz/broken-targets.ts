// Generates paths and queries that violate the schemas of their parameters.
import fc from "fast-check";
import type { JsonSchema, Judge, Operation } from "./document";
import { violationsOf } from "./violations";
import type { Draft } from "./draft";
import { asText, MAX_TARGET_LENGTH, pair, textOf } from "./target-texts";

/** Paths that are malformed, or that violate a parameter's schema. */
export function brokenPaths(
  { parameters }: Operation,
  judge: Judge,
): fc.Arbitrary<Partial<Draft>>[] {
  return parameters
    .filter((of) => of.in === "path")
    .flatMap(({ name, schema }) => {
      const broken = (rule: string, texts: fc.Arbitrary<string>, refusals: readonly number[]) =>
        texts.map((text) => ({
          broken: `the path's ${name} ${rule}`,
          known: 0,
          refusals,
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
      const wrong = fc
        .oneof(forms, ...textViolations(schema, judge))
        .filter(
          (text) => !/^\.{0,2}$/.test(text) && text.isWellFormed() && !judge.isValid(schema, text),
        );
      const ways = [broken("is malformed", malformed, [400, 404])];
      if (canBreak(schema)) ways.push(broken("is not valid", wrong.map(encodeURIComponent), [404]));
      return ways;
    });
}

/** Whether the schema rejects any text. */
const canBreak = ({
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

const textViolations = (schema: JsonSchema, judge: Judge): fc.Arbitrary<string>[] =>
  schema.type === "string"
    ? violationsOf(schema, judge).map(({ values }) =>
        values.map(asText).map((text) => text.slice(0, 3000)),
      )
    : [];

export function brokenQueries(
  { parameters }: Operation,
  judge: Judge,
): fc.Arbitrary<Partial<Draft>>[] {
  const own = parameters.filter((of) => of.in === "query");
  const ways = own.flatMap((parameter) => {
    const { name, schema, required } = parameter;
    const broken = (rule: string, queries: fc.Arbitrary<string>) =>
      queries.map((query) => ({
        broken: `the query's ${name} ${rule}`,
        refusals: [400],
        query,
        replaces: encodeURIComponent(name),
      }));
    const wrong = wrongTexts(schema, judge);
    const twice = textOf(parameter, judge).map((text) =>
      [pair(name, text), pair(name, text)].join("&"),
    );
    return [
      ...(wrong
        ? [
            broken(
              "is not valid",
              wrong.map((text) => pair(name, text)),
            ),
          ]
        : []),
      ...(isSingle(schema) ? [broken("is repeated", twice)] : []),
      ...(required ? [broken("is missing", fc.constant(""))] : []),
    ];
  });
  // The document does not say whether unknown parameters are rejected.
  return [...ways, UNKNOWN_QUERIES];
}

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
  .map((query) => ({ query, broken: "the query is unusual" }));

/** Texts that are not valid for the schema. Undefined if every text is valid. */
function wrongTexts(schema: JsonSchema, judge: Judge): fc.Arbitrary<string> | undefined {
  const { type } = judge.resolve(schema);
  if (type === "integer" || type === "number") {
    const outside = violationsOf(schema, judge)
      .filter(({ rule }) => rule !== "is of another type")
      .map(({ values }) => values.map(String));
    return fc.oneof(
      fc.constantFrom("", " ", "x", "NaN", "0x10", "1,0", "\u0000", "1\u0000", "٣", "--1"),
      ...outside,
    );
  }
  if (type === "boolean") return fc.constantFrom("", "yes", "2", "TRUE\u0000");
  if (type !== "string" || !canBreak(schema)) return undefined;
  return fc
    .oneof(fc.string({ unit: "binary" }), fc.constant("\u0000"), ...textViolations(schema, judge))
    .filter(
      (text) =>
        text.isWellFormed() &&
        !judge.isValid(schema, text) &&
        encodeURIComponent(text).length < MAX_TARGET_LENGTH,
    );
}
