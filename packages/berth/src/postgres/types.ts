// What the values of the database become here; what pg makes of them suits where nothing else is said.
import { types } from "pg";

const { TEXT, DATE, TIMESTAMP, TIMESTAMPTZ } = types.builtins;

/**
 * Arrays, by their OIDs, for which pg has no names.
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
 * A point in time as RFC 3339 writes it in UTC, to the millisecond: what `Date` made of it, without making a `Date`.
 * What RFC 3339 cannot say, `infinity` and years before 1 or after 9999, stays as PostgreSQL writes it.
 */
export function parseTimestamptz(text: string): string {
  // `2026-11-01 12:00:00.5+00`, as sessions in UTC have it.
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
 * A day and a time on a wall are no points in time, and pg would make them some in the time zone of the process; of an
 * exact number in an array it would make an inexact one.
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

/** What pg asks how to read a type, by its OID. */
export const getTypeParser = (oid: number, format?: "text" | "binary"): unknown =>
  (format !== "binary" && PARSERS[oid]) || types.getTypeParser(oid, format);

/**
 * How a session writes its values, whatever its user and database have: nothing here reads another style. `bytea` is read in
 * both of its forms. ISO leaves the order of day and month, in which dates are read, as it is.
 */
export const NEEDED_SETTINGS = { DateStyle: "ISO", IntervalStyle: "postgres" } as const;

/** Like these, unless a URL's `options` say otherwise; 3 digits are exact in every version, and above 0 as few as needed since 12. */
export const PREFERRED_SETTINGS = { TimeZone: "UTC", extra_float_digits: "3" } as const;
