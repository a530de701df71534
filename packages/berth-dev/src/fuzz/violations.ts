// Generates values that violate one rule of a schema.
import fc from "fast-check";
import type { JsonSchema, SchemaValidator } from "./document";
import { countMatches, tryGenerate, mergedOf, typesOf, valuesOf } from "./values";

/** Values that violate the same rule. */
export interface Violation {
  /** As `/title is too long`. */
  rule: string;
  values: fc.Arbitrary<unknown>;
}

/** Returns a generator for each rule of a schema, whose values violate only this rule. */
export const violationsOf = (schema: JsonSchema, validator: SchemaValidator): Violation[] =>
  [...violationsIn(schema, validator, 0)].flatMap(({ rule, values }) => {
    const isInvalid = (value: unknown) => !validator.isValid(schema, value);
    // A value that violates a part of the schema may be valid by another part, such as anyOf.
    return countMatches(values, isInvalid) > 0 ? [{ rule, values: values.filter(isInvalid) }] : [];
  });

const VALUE_OF_TYPE: Readonly<Record<string, unknown>> = {
  null: null,
  boolean: true,
  number: 0.5,
  integer: 1,
  string: "text",
  array: [],
  object: {},
};

function* violationsIn(
  schema: JsonSchema,
  validator: SchemaValidator,
  depth: number,
): Generator<Violation> {
  const merged = mergedOf(schema, validator);
  const types = typesOf(merged);
  yield { rule: "is of another type", values: fc.constantFrom(...Object.values(VALUE_OF_TYPE)) };
  if (merged.enum ?? merged.const) yield { rule: "is none of these", values: fc.string() };
  if (types.includes("string")) yield* stringViolations(merged);
  if (types.includes("integer") || types.includes("number")) yield* numberViolations(merged);
  if (depth > 3) return;
  if (types.includes("array")) yield* arrayViolations(merged, validator, depth);
  if (types.includes("object")) yield* objectViolations(merged, validator, depth);
}

function* stringViolations({
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

function* numberViolations(schema: JsonSchema): Generator<Violation> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const min = minimum ?? exclusiveMinimum;
  const max = maximum ?? exclusiveMaximum;
  const away = fc.oneof(fc.constantFrom(0, 1, 1e15, 1e300), fc.nat());
  if (min !== undefined) yield { rule: "is too small", values: away.map((by) => min - by) };
  if (max !== undefined) yield { rule: "is too large", values: away.map((by) => max + by) };
  const step = multipleOf ?? 1;
  yield { rule: "is between two steps", values: fc.integer().map((value) => (value + 0.5) * step) };
}

function* arrayViolations(
  schema: JsonSchema,
  validator: SchemaValidator,
  depth: number,
): Generator<Violation> {
  const { items, minItems = 0, maxItems, uniqueItems } = schema;
  const item = typeof items === "object" ? items : {};
  const [values] = tryGenerate(() => valuesOf(item, validator, depth + 1));
  const ofLength = (count: number) =>
    fc.array(values ?? fc.constant(null), { minLength: count, maxLength: count });
  if (minItems > 0) yield { rule: "has too few items", values: ofLength(minItems - 1) };
  if (maxItems !== undefined && maxItems < 10_000) {
    yield { rule: "has too many items", values: ofLength(maxItems + 1) };
  }
  if (uniqueItems && values) {
    yield { rule: "has an item twice", values: values.map((value) => [value, value]) };
  }
  for (const { rule, values } of violationsIn(item, validator, depth + 1)) {
    const lists = values.map((value) => Array.from({ length: Math.max(1, minItems) }, () => value));
    yield { rule: `/0${at(rule)}`, values: lists };
  }
}

function* objectViolations(
  schema: JsonSchema,
  validator: SchemaValidator,
  depth: number,
): Generator<Violation> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const [whole] = tryGenerate(() => valuesOf(schema, validator, depth)) as fc.Arbitrary<object>[];
  if (!whole) return;
  for (const name of required) {
    const without = whole.map((object) =>
      Object.fromEntries(Object.entries(object).filter(([key]) => key !== name)),
    );
    yield { rule: `/${name} is missing`, values: without };
  }
  if (additionalProperties === false) {
    const names = fc.constantFrom("admin", "__proto__", "constructor", "toString", "", "a/b~c");
    const more = fc
      .tuple(whole, names)
      .map(([object, name]) => withField(object, name, { isAdmin: true }));
    yield { rule: "has a field too many", values: more };
  }
  for (const [name, field] of Object.entries(properties)) {
    for (const { rule, values } of violationsIn(field, validator, depth + 1)) {
      const changed = fc
        .tuple(whole, values)
        .map(([object, value]) => withField(object, name, value));
      yield { rule: `/${name}${at(rule)}`, values: changed };
    }
  }
}

/** Appends a rule to a JSON pointer. */
const at = (rule: string): string => (rule.startsWith("/") ? rule : ` ${rule}`);

/** As with JSON.parse, `__proto__` is an ordinary field. */
export const withField = (object: object, name: string, value: unknown): object =>
  Object.defineProperty({ ...object }, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
