// How values of the database are parsed where the defaults of pg do not fit.
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
 * Formats a point in time as in RFC 3339, in UTC, to the millisecond: the same as a `Date` would, without creating one.
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
 * Dates and local times are not points in time, but pg would parse them as such in the process's time zone. It would also
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
 * The formats that the parsers need, whatever the user and the database have set. `bytea` is parsed in both of its formats.
 * `ISO` does not change the order of day and month of input.
 */
export const NEEDED_SETTINGS = { DateStyle: "ISO", IntervalStyle: "postgres" } as const;

/** Defaults that a URL's `options` can override. From version 12 on, extra_float_digits above 0 means shortest exact; 3 is exact before, too. */
export const PREFERRED_SETTINGS = { TimeZone: "UTC", extra_float_digits: "3" } as const;
