// Names in SQL: PostgreSQL's reserved words are quoted.
import type { Words } from "./names";
import { snake } from "./names";

/** Reserved words, not allowed as names of tables or columns. @see https://www.postgresql.org/docs/current/sql-keywords-appendix.html */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp
  current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having
  ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not
  notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar
  some symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when where window
  with`.split(/\s+/),
);

/** Columns that every table has. */
export const SYSTEM_COLUMNS: readonly string[] = [
  "ctid",
  "xmin",
  "xmax",
  "cmin",
  "cmax",
  "tableoid",
];

/** The longest name, in bytes; PostgreSQL truncates longer ones. */
export const MAX_SQL_NAME = 63;

/** A name as written in a statement. */
export const sqlName = (name: string): string => (RESERVED.has(name) ? `"${name}"` : name);

/** Words as the name of a table or column. */
export const sqlNameOf = (words: Words): string => sqlName(snake(words));
