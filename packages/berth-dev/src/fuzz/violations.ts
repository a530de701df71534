// Generates values that violate one rule of a schema.
import fc from "fast-check";
import type { JsonSchema, Judge } from "./document";
import { hitsOf, makeable, mergedOf, typesOf, valuesOf } from "./values";

/** Values that violate the same rule. */
export interface Violation {
  /** As `/title is too long`. */
  rule: string;
  values: fc.Arbitrary<unknown>;
}

/** The violations of each rule of a schema; in every other respect the values are valid. */
export const violationsOf = (schema: JsonSchema, judge: Judge): Violation[] =>
  [...breaks(schema, judge, 0)].flatMap(({ rule, values }) => {
    const isBroken = (value: unknown) => !judge.isValid(schema, value);
    // Some of these values may be valid for this schema.
    return hitsOf(values, isBroken) > 0 ? [{ rule, values: values.filter(isBroken) }] : [];
  });

const OF_TYPE: Readonly<Record<string, unknown>> = {
  null: null,
  boolean: true,
  number: 0.5,
  integer: 1,
  string: "text",
  array: [],
  object: {},
};

function* breaks(schema: JsonSchema, judge: Judge, depth: number): Generator<Violation> {
  const merged = mergedOf(schema, judge);
  const types = typesOf(merged);
  yield { rule: "is of another type", values: fc.constantFrom(...Object.values(OF_TYPE)) };
  if (merged.enum ?? merged.const) yield { rule: "is none of these", values: fc.string() };
  if (types.includes("string")) yield* brokenTexts(merged);
  if (types.includes("integer") || types.includes("number")) yield* brokenNumbers(merged);
  if (depth > 3) return;
  if (types.includes("array")) yield* brokenArrays(merged, judge, depth);
  if (types.includes("object")) yield* brokenObjects(merged, judge, depth);
}

function* brokenTexts({
  minLength = 0,
  maxLength,
  pattern,
  format,
}: JsonSchema): Generator<Violation> {
  const units = fc.constantFrom("a", "1", "é", "😀");
  if (minLength > 0) {
    yield { rule: "is too short", values: units.map((unit) => unit.repeat(minLength - 1)) };
  }
  if (maxLength !== undefined && maxLength < 1_000_000) {
    const lengths = fc.integer({ min: maxLength + 1, max: maxLength + 20 });
    yield {
      rule: "is too long",
      values: fc.tuple(units, lengths).map(([unit, n]) => unit.repeat(n)),
    };
  }
  if (pattern === undefined && format === undefined) return;
  yield {
    rule: "is not of this form",
    values: fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .tuple(fc.string(), fc.constantFrom("\u0000", "\ud800", "\udc00"))
        .map((parts) => parts.join("")),
      fc.constantFrom(
        "0",
        "-1",
        "1e3",
        "9223372036854775808",
        "2026-02-30",
        "2026-13-01T00:00:00Z",
        "a@",
        "::",
      ),
    ),
  };
}

function* brokenNumbers(schema: JsonSchema): Generator<Violation> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const min = minimum ?? exclusiveMinimum;
  const max = maximum ?? exclusiveMaximum;
  const away = fc.oneof(fc.constantFrom(0, 1, 1e15, 1e300), fc.nat());
  if (min !== undefined) yield { rule: "is too small", values: away.map((by) => min - by) };
  if (max !== undefined) yield { rule: "is too large", values: away.map((by) => max + by) };
  const step = multipleOf ?? 1;
  yield { rule: "is between two steps", values: fc.integer().map((value) => (value + 0.5) * step) };
}

function* brokenArrays(schema: JsonSchema, judge: Judge, depth: number): Generator<Violation> {
  const { items, minItems = 0, maxItems, uniqueItems } = schema;
  const item = typeof items === "object" ? items : {};
  const [values] = makeable(() => valuesOf(item, judge, depth + 1));
  const ofLength = (count: number) =>
    fc.array(values ?? fc.constant(null), { minLength: count, maxLength: count });
  if (minItems > 0) yield { rule: "has too few items", values: ofLength(minItems - 1) };
  if (maxItems !== undefined && maxItems < 10_000) {
    yield { rule: "has too many items", values: ofLength(maxItems + 1) };
  }
  if (uniqueItems && values) {
    yield { rule: "has an item twice", values: values.map((value) => [value, value]) };
  }
  for (const { rule, values } of breaks(item, judge, depth + 1)) {
    const lists = values.map((value) => Array.from({ length: Math.max(1, minItems) }, () => value));
    yield { rule: `/0${at(rule)}`, values: lists };
  }
}

function* brokenObjects(schema: JsonSchema, judge: Judge, depth: number): Generator<Violation> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const [whole] = makeable(() => valuesOf(schema, judge, depth)) as fc.Arbitrary<object>[];
  if (!whole) return;
  for (const name of required) {
    const without = whole.map((of) =>
      Object.fromEntries(Object.entries(of).filter(([key]) => key !== name)),
    );
    yield { rule: `/${name} is missing`, values: without };
  }
  if (additionalProperties === false) {
    const names = fc.constantFrom("admin", "__proto__", "constructor", "toString", "", "a/b~c");
    const more = fc.tuple(whole, names).map(([of, name]) => withField(of, name, { isAdmin: true }));
    yield { rule: "has a field too many", values: more };
  }
  for (const [name, field] of Object.entries(properties)) {
    for (const { rule, values } of breaks(field, judge, depth + 1)) {
      const broken = fc.tuple(whole, values).map(([of, value]) => withField(of, name, value));
      yield { rule: `/${name}${at(rule)}`, values: broken };
    }
  }
}

const at = (rule: string): string => (rule.startsWith("/") ? rule : ` ${rule}`);

/** As with JSON.parse, `__proto__` is an ordinary field. */
export const withField = (of: object, name: string, value: unknown): object =>
  Object.defineProperty({ ...of }, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
