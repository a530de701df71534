// Generates valid values for a schema.
import fc from "fast-check";
import type { JsonSchema, SchemaValidator } from "./document";
import { stringsOf } from "./strings";

/** Thrown when no value can be generated for a schema. The message has the schema. */
export class NoValueError extends Error {
  override readonly name = "NoValueError";
}

/** The maximum depth of a recursive schema. */
const MAX_DEPTH = 4;
/** The number of values that are sampled to choose between generators. */
const SAMPLES = 50;

/**
 * Generates values that a schema allows.
 * @throws NoValueError when none is found. An example in the schema helps.
 */
export function valuesOf(
  schema: JsonSchema,
  validator: SchemaValidator,
  depth = 0,
): fc.Arbitrary<unknown> {
  const whole = validator.resolve(schema);
  const isValid = (value: unknown) => validator.isValid(schema, value);
  const generators = (depth > MAX_DEPTH ? [] : generatorsOf(whole, validator, depth)).map(
    (arbitrary) => ({ arbitrary, weight: 8 }),
  );
  if (whole.examples) generators.push({ arbitrary: fc.constantFrom(...whole.examples), weight: 1 });
  const matches = generators.map(({ arbitrary }) => countMatches(arbitrary, isValid));
  // A generator whose values are mostly invalid is not worth its time, unless there is no better one.
  const enough = Math.max(1, Math.min(SAMPLES / 10, Math.max(0, ...matches)));
  const good = generators.filter((_generator, index) => matches[index]! >= enough);
  if (good.length === 0)
    throw new NoValueError(`no value found for ${JSON.stringify(schema).slice(0, 300)}`);
  // Shrinks to a value of the first generator.
  return fc.oneof({ withCrossShrink: true }, ...good).filter(isValid);
}

/** Counts the matching values in a sample. */
export const countMatches = (values: fc.Arbitrary<unknown>, isMatch: (value: unknown) => boolean) =>
  fc.sample(values, { numRuns: SAMPLES, seed: 1 }).filter(isMatch).length;

function generatorsOf(
  schema: JsonSchema,
  validator: SchemaValidator,
  depth: number,
): fc.Arbitrary<unknown>[] {
  if (schema.const !== undefined) return [fc.constant(schema.const)];
  if (schema.enum) return [fc.constantFrom(...schema.enum)];
  if (schema.allOf) return generatorsOf(mergedOf(schema, validator), validator, depth);
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms)
    return forms.flatMap((form) => tryGenerate(() => valuesOf(form, validator, depth + 1)));
  const types = typesOf(schema);
  // For a single type the error names what cannot be generated.
  if (types.length === 1) return byType(types[0]!, schema, validator, depth);
  return types.flatMap((type) => tryGenerate(() => byType(type, schema, validator, depth)).flat());
}

/** Merges `allOf` into one schema: the fields of all parts, and the last value of each other keyword. */
export function mergedOf(schema: JsonSchema, validator: SchemaValidator): JsonSchema {
  const { allOf, ...own } = validator.resolve(schema);
  if (!allOf) return own;
  const parts = [...allOf.map((part) => mergedOf(part, validator)), own];
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

/** Returns the result in a list; an empty list if no value can be generated. */
export function tryGenerate<T>(generate: () => T): T[] {
  try {
    return [generate()];
  } catch (err) {
    if (err instanceof NoValueError) return [];
    throw err;
  }
}

/** For a schema without a type, a few types stand for all. */
export const typesOf = ({ type, properties }: JsonSchema): string[] =>
  type === undefined ? (properties ? ["object"] : ["string", "integer", "null"]) : [type].flat();

function byType(
  type: string,
  schema: JsonSchema,
  validator: SchemaValidator,
  depth: number,
): fc.Arbitrary<unknown>[] {
  switch (type) {
    case "string":
      return stringsOf(schema);
    case "integer":
    case "number":
      return numbersOf(type, schema);
    case "boolean":
      return [fc.boolean()];
    case "null":
      return [fc.constant(null)];
    case "array":
      return [arraysOf(schema, validator, depth)];
    default:
      return [objectsOf(schema, validator, depth)];
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

function arraysOf(
  schema: JsonSchema,
  validator: SchemaValidator,
  depth: number,
): fc.Arbitrary<unknown[]> {
  const { items = true, prefixItems, minItems: min = 0, maxItems } = schema;
  if (prefixItems)
    return fc.tuple(...prefixItems.map((item) => valuesOf(item, validator, depth + 1)));
  const [values] = tryGenerate(() =>
    valuesOf(typeof items === "object" ? items : {}, validator, depth + 1),
  );
  if (!values && min > 0) throw new NoValueError("no item found for an array");
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

function objectsOf(
  schema: JsonSchema,
  validator: SchemaValidator,
  depth: number,
): fc.Arbitrary<object> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.entries(properties).flatMap(([name, field]) =>
    tryGenerate(() => [name, valuesOf(field, validator, depth + 1)] as const),
  );
  const missing = required.find((name) => !fields.some(([field]) => field === name));
  if (missing !== undefined && missing in properties)
    throw new NoValueError(`no value found for the field ${missing}`);
  const own = fc.record(Object.fromEntries(fields), {
    requiredKeys: required.filter((name) => name in properties),
  });
  if (typeof additionalProperties !== "object") return own;
  const names = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom("__proto__", "constructor", "a.b"),
  );
  const [values] = tryGenerate(() => valuesOf(additionalProperties, validator, depth + 1));
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
