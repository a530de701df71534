// Fields for request bodies, each with an error message for clients and its JSON Schema.
import * as v from "valibot";
import { count } from "./explain";
import { checkAs } from "./json-schema";
import { guardObject } from "./refuse-arrays";

/**
 * An object with these fields and no others. Rejects arrays, which valibot alone would accept.
 * `v.partial`, `v.pick`, `v.omit` and `{ ...other.entries }` work on it.
 */
export function object<const E extends v.ObjectEntries>(
  entries: E,
): v.StrictObjectSchema<E, undefined> {
  return guardObject(v.strictObject(entries));
}

/** For PATCH: any of an object's fields, but at least one. */
export const someOf = <const E extends v.ObjectEntries>(
  schema: v.StrictObjectSchema<E, undefined>,
): SomeOf<E> => v.pipe(v.partial(schema), v.minEntries(1, "must have at least one field"));

// Named, because the declaration that the compiler emits for the inferred type is 40 lines long and invalid.
type SomeOf<E extends v.ObjectEntries> = v.SchemaWithPipe<
  readonly [
    v.SchemaWithPartial<v.StrictObjectSchema<E, undefined>, undefined>,
    v.MinEntriesAction<
      v.InferOutput<v.SchemaWithPartial<v.StrictObjectSchema<E, undefined>, undefined>>,
      1,
      "must have at least one field"
    >,
  ]
>;

/**
 * Text that PostgreSQL and every JSON parser accept: no NUL characters and no lone surrogates.
 * @param min The minimum number of characters (code points, as PostgreSQL and JSON Schema count them: an emoji is one).
 * @param max The maximum number of characters.
 */
export const text = (min: number, max: number) =>
  v.pipe(
    v.string(),
    checkAs(
      { minLength: min },
      // A code point is one or two UTF-16 code units, so the length decides for most texts.
      (value: string) => value.length >= 2 * min - 1 || countCodePoints(value) >= min,
      `must have at least ${count(min, "character")}`,
    ),
    checkAs(
      { maxLength: max },
      (value: string) =>
        value.length <= max || (value.length <= 2 * max && countCodePoints(value) <= max),
      `must have at most ${count(max, "character")}`,
    ),
    checkAs(
      { pattern: "^[^\\u0000\\ud800-\\udfff]*$" },
      (value: string) => !value.includes("\0") && value.isWellFormed(),
      "must not contain NUL characters or lone surrogates",
    ),
  );

function countCodePoints(value: string): number {
  let codePoints = 0;
  for (const _ of value) codePoints++;
  return codePoints;
}

/** One of these strings: `oneOf("BASIC", "GOLD")`. */
export const oneOf = <const T extends readonly string[]>(...values: T) =>
  v.picklist(values, `must be one of ${values.map((value) => JSON.stringify(value)).join(", ")}`);

/** An integer within these bounds; use `queryInteger` in a query. */
export const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const MAX_BIGINT = 9_223_372_036_854_775_807n;

/**
 * A positive 64-bit integer as a string of digits, like PostgreSQL's `bigint` keys: a JSON number would lose precision.
 * @see https://spec.openapis.org/registry/format/int64
 */
export const id = v.pipe(
  v.string(),
  checkAs(
    { pattern: "^[1-9]\\d{0,18}$", format: "int64" },
    (value: string) => /^[1-9]\d{0,18}$/.test(value) && BigInt(value) <= MAX_BIGINT,
    "must be an id: a positive 64-bit integer in digits",
  ),
);

/** A calendar date, such as `2026-11-01`. It stays a string: a `Date` would need a time zone. */
export const date = v.pipe(
  v.string(),
  checkAs(
    { format: "date", pattern: "^(?!0000)" },
    (value: string) => isDay(value),
    "must be a calendar date, such as 2026-11-01",
  ),
);

/**
 * Offsets below 16 hours, as in PostgreSQL, and no leap seconds, which it would turn into the next second. In UTC, and rounded to
 * microseconds, it stays within the years that RFC 3339 has.
 */
const DATE_TIME =
  /^(?!0000|0001-01-01T.*\+|9999-12-31T(.*-|23:59:59\.999999))\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/;

/**
 * A point in time with its offset, such as `2026-11-01T12:30:00+01:00`; it stays a string.
 * @see https://www.rfc-editor.org/rfc/rfc3339
 */
export const dateTime = v.pipe(
  v.string(),
  checkAs(
    { format: "date-time", pattern: DATE_TIME.source },
    (value: string) => DATE_TIME.test(value) && isDay(value.slice(0, 10)),
    "must be a time with its offset, such as 2026-11-01T12:30:00Z",
  ),
);

/** JavaScript would parse 31 February as 3 March; PostgreSQL has no year 0. */
function isDay(value: string): boolean {
  if (!/^(?!0000)\d{4}-\d\d-\d\d$/.test(value)) return false;
  const day = new Date(`${value}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

/**
 * A non-negative amount in the currency's minor unit, so that nothing is rounded: 12.50 EUR is 1250.
 * @param currencies The ISO 4217 codes that the service accepts; it must know how many decimals each has.
 */
export const money = <const C extends readonly [string, ...string[]]>(...currencies: C) =>
  object({ amount: integer(0, Number.MAX_SAFE_INTEGER), currency: oneOf(...currencies) });

/** An array of `min` to `max` items. */
export const arrayOf = <const T extends v.GenericSchema>(item: T, min: number, max: number) =>
  v.pipe(v.array(item), v.minLength(min), v.maxLength(max));
