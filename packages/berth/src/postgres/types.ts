// Parsers for the types whose defaults in pg would change the value: dates, times and exact numbers in arrays.
import { types } from "pg";

const { TEXT, DATE, TIMESTAMP, TIMESTAMPTZ } = types.builtins;

/**
 * OIDs of array types, for which pg has no names.
 * @see https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
 */
const TEXT_ARRAY = 1009;
const DATE_ARRAY = 1182;
const TIMESTAMP_ARRAY = 1115;
const TIMESTAMPTZ_ARRAY = 1185;
const NUMERIC_ARRAY = 1231;

type Parse = (text: string) => unknown;
type Nested = string | null | Nested[];

const parserOf = (oid: number): unknown => types.getTypeParser(oid, "text");
const asText = parserOf(TEXT) as Parse;
const parseArray = parserOf(TEXT_ARRAY) as (text: string) => Nested;
const parseDate = parserOf(TIMESTAMPTZ) as Parse;

/**
 * Converts a point in time to RFC 3339, in UTC, to the millisecond: the text of `Date.toJSON`, without creating a `Date`.
 * What RFC 3339 cannot express, `infinity` and years before 1 or after 9999, stays as PostgreSQL writes it.
 */
export function parseTimestamptz(text: string): string {
  // `2026-11-01 12:00:00.5+00`, the format of sessions in UTC.
  if (text.endsWith("+00") && text[10] === " ") {
    const milliseconds = text.slice(20, -3).slice(0, 3).padEnd(3, "0");
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}Z`;
  }
  const date = parseDate(text);
  if (!(date instanceof Date)) return text;
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date.toISOString() : text;
}

const eachTimestamptz = (value: Nested): Nested => {
  if (value === null) return null;
  return typeof value === "string" ? parseTimestamptz(value) : value.map(eachTimestamptz);
};

/**
 * pg would make a `Date` of dates and of times without a time zone, as if they were in that of the process. It would also
 * round exact numbers in arrays to floating-point ones.
 */
const PARSERS: Readonly<Record<number, Parse>> = {
  [DATE]: asText,
  [TIMESTAMP]: asText,
  [TIMESTAMPTZ]: parseTimestamptz,
  [DATE_ARRAY]: parseArray,
  [TIMESTAMP_ARRAY]: parseArray,
  [NUMERIC_ARRAY]: parseArray,
  [TIMESTAMPTZ_ARRAY]: (text) => eachTimestamptz(parseArray(text)),
};

/** The parser of a type, by OID; an option of pg. */
export const getTypeParser = (oid: number, format?: "text" | "binary"): unknown =>
  (format !== "binary" && PARSERS[oid]) || types.getTypeParser(oid, format);

/**
 * The output formats that the parsers need, whatever the user and the database have set. `ISO` does not change whether input
 * has the day or the month first. `bytea` needs no setting: pg parses both of its formats.
 */
export const NEEDED_SETTINGS = { DateStyle: "ISO", IntervalStyle: "postgres" } as const;

/**
 * Defaults that a URL's `options` can override. From PostgreSQL 12 on, any extra_float_digits above 0 means the shortest exact
 * number; before, only 3 is exact.
 */
export const PREFERRED_SETTINGS = { TimeZone: "UTC", extra_float_digits: "3" } as const;
