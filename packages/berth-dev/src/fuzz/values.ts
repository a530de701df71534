// Generates valid values for a schema.
import fc from "fast-check";
import type { JsonSchema, Judge } from "./document";
import { textsOf } from "./texts";

/** Thrown when no value can be generated for a schema, which its message names. */
export class Unmakeable extends Error {
  override readonly name = "Unmakeable";
}

/** The maximum depth of a recursive schema. */
const MAX_DEPTH = 4;
/** The number of values that are sampled to judge a generator. */
const SAMPLES = 50;

/**
 * Generates values that a schema allows.
 * @throws Unmakeable when none is found. An example in the schema helps.
 */
export function valuesOf(schema: JsonSchema, judge: Judge, depth = 0): fc.Arbitrary<unknown> {
  const whole = judge.resolve(schema);
  const isValid = (value: unknown) => judge.isValid(schema, value);
  const ways = (depth > MAX_DEPTH ? [] : waysOf(whole, judge, depth)).map((arbitrary) => ({
    arbitrary,
    weight: 8,
  }));
  if (whole.examples) ways.push({ arbitrary: fc.constantFrom(...whole.examples), weight: 1 });
  const hits = ways.map(({ arbitrary }) => hitsOf(arbitrary, isValid));
  // A generator that mostly misses is not worth its time, unless there is no better one.
  const enough = Math.max(1, Math.min(SAMPLES / 10, Math.max(0, ...hits)));
  const good = ways.filter((_way, index) => hits[index]! >= enough);
  if (good.length === 0)
    throw new Unmakeable(`no value found for ${JSON.stringify(schema).slice(0, 300)}`);
  // Shrinks to a value of the first generator.
  return fc.oneof({ withCrossShrink: true }, ...good).filter(isValid);
}

/** The number of sampled values that are wanted. */
export const hitsOf = (values: fc.Arbitrary<unknown>, isWanted: (value: unknown) => boolean) =>
  fc.sample(values, { numRuns: SAMPLES, seed: 1 }).filter(isWanted).length;

function waysOf(schema: JsonSchema, judge: Judge, depth: number): fc.Arbitrary<unknown>[] {
  if (schema.const !== undefined) return [fc.constant(schema.const)];
  if (schema.enum) return [fc.constantFrom(...schema.enum)];
  if (schema.allOf) return waysOf(mergedOf(schema, judge), judge, depth);
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms) return forms.flatMap((form) => makeable(() => valuesOf(form, judge, depth + 1)));
  const types = typesOf(schema);
  // For a single type the error names what cannot be generated.
  if (types.length === 1) return byType(types[0]!, schema, judge, depth);
  return types.flatMap((type) => makeable(() => byType(type, schema, judge, depth)).flat());
}

/** Merges `allOf` into one schema: the fields of all parts, and the last value of each other keyword. */
export function mergedOf(schema: JsonSchema, judge: Judge): JsonSchema {
  const { allOf, ...own } = judge.resolve(schema);
  if (!allOf) return own;
  const parts = [...allOf.map((part) => mergedOf(part, judge)), own];
  const merged = Object.assign({}, ...parts) as JsonSchema;
  if (merged.properties) merged.properties = fieldsOf(parts);
  if (merged.required) merged.required = [...new Set(parts.flatMap((part) => part.required ?? []))];
  return merged;
}

/** A field of several parts has to satisfy all of them. */
function fieldsOf(parts: readonly JsonSchema[]): Record<string, JsonSchema> {
  const fields = new Map<string, JsonSchema[]>();
  for (const [name, field] of parts.flatMap(({ properties = {} }) => Object.entries(properties)))
    fields.set(name, [...(fields.get(name) ?? []), field]);
  return Object.fromEntries(
    [...fields].map(([name, all]) => [name, all.length === 1 ? all[0]! : { allOf: all }]),
  );
}

/** Returns an empty list if there is no value. */
export function makeable<T>(make: () => T): T[] {
  try {
    return [make()];
  } catch (err) {
    if (err instanceof Unmakeable) return [];
    throw err;
  }
}

/** For a schema without a type, some types as examples. */
export const typesOf = ({ type, properties }: JsonSchema): string[] =>
  type === undefined ? (properties ? ["object"] : ["string", "integer", "null"]) : [type].flat();

function byType(
  type: string,
  schema: JsonSchema,
  judge: Judge,
  depth: number,
): fc.Arbitrary<unknown>[] {
  switch (type) {
    case "string":
      return textsOf(schema);
    case "integer":
    case "number":
      return numbersOf(type, schema);
    case "boolean":
      return [fc.boolean()];
    case "null":
      return [fc.constant(null)];
    case "array":
      return [arraysOf(schema, judge, depth)];
    default:
      return [objectsOf(schema, judge, depth)];
  }
}

function numbersOf(type: string, schema: JsonSchema): fc.Arbitrary<number>[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const min = minimum ?? exclusiveMinimum ?? Math.min(0, maximum ?? exclusiveMaximum ?? 0) - 1e6;
  const max = maximum ?? exclusiveMaximum ?? Math.max(0, min) + 1e6;
  const step = multipleOf ?? 1;
  // fast-check itself prefers values near the bounds.
  const whole = fc
    .integer({ min: Math.ceil(min / step), max: Math.floor(max / step) })
    .map((value) => value * step + 0);
  if (type === "integer" || multipleOf !== undefined) return [whole];
  return [
    fc.double({ min, max, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    whole,
  ];
}

function arraysOf(schema: JsonSchema, judge: Judge, depth: number): fc.Arbitrary<unknown[]> {
  const { items = true, prefixItems, minItems: min = 0, maxItems } = schema;
  if (prefixItems) return fc.tuple(...prefixItems.map((item) => valuesOf(item, judge, depth + 1)));
  const [values] = makeable(() =>
    valuesOf(typeof items === "object" ? items : {}, judge, depth + 1),
  );
  if (!values && min > 0) throw new Unmakeable("no item found for an array");
  const max = Math.max(min, Math.min(maxItems ?? min + 5, 1000));
  if (!values || max === 0) return fc.constant([]);
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc.array(values, { minLength: min, maxLength: Math.min(max, min + 5) }),
    },
    { weight: 1, arbitrary: fc.array(values, { minLength: max, maxLength: max }) },
  );
}

function objectsOf(schema: JsonSchema, judge: Judge, depth: number): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.entries(properties).flatMap(([name, field]) =>
    makeable(() => [name, valuesOf(field, judge, depth + 1)] as const),
  );
  const missing = required.find((name) => !fields.some(([field]) => field === name));
  if (missing !== undefined && missing in properties)
    throw new Unmakeable(`no value found for the field ${missing}`);
  const own = fc.record(Object.fromEntries(fields), {
    requiredKeys: required.filter((name) => name in properties),
  });
  if (typeof additionalProperties !== "object") return own;
  const names = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom("__proto__", "constructor", "a.b"),
  );
  const [values] = makeable(() => valuesOf(additionalProperties, judge, depth + 1));
  if (!values) return own;
  return fc.tuple(own, fc.array(fc.tuple(names, values), { maxLength: 5 })).map(([of, others]) =>
    // As with JSON.parse, `__proto__` is an ordinary field.
    Object.defineProperties(
      { ...of },
      Object.fromEntries(
        others
          .filter(([name]) => !(name in properties))
          .map(([name, value]) => [
            name,
            { value, enumerable: true, configurable: true, writable: true },
          ]),
      ),
    ),
  );
}
