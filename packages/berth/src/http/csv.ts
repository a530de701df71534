// Writes rows as CSV.

/** How CSV is written. */
export interface CsvOptions {
  /** The columns, in this order: a row's own keys, each with its heading. By default those of the first row. */
  columns?: readonly string[] | Readonly<Record<string, string>>;
  /**
   * Whether text that a spreadsheet would take for a formula gets an apostrophe in front; false by default, as it changes
   * the data. @see https://owasp.org/www-community/attacks/CSV_Injection
   */
  escapesFormulas?: boolean;
}

/** Writes CSV, one row after the other. */
export interface CsvWriter {
  /** The line of a row; that of the first one has the headings before it. */
  line: (row: object) => string;
  /** What ends it: the headings if there was no row, as far as they are known. */
  end: () => string;
}

/**
 * Creates a writer.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function createCsvWriter({ columns, escapesFormulas = false }: CsvOptions): CsvWriter {
  const toField = escapesFormulas ? (value: unknown) => quote(escapeFormula(value)) : quote;
  const toLine = (values: readonly unknown[]): string => `${values.map(toField).join(",")}\r\n`;
  let keys: readonly string[] | undefined;

  const head = (row: object | undefined): string => {
    const named = columns ?? Object.keys(row ?? {});
    keys = Array.isArray(named) ? (named as string[]) : Object.keys(named);
    const headings = Array.isArray(named) ? (named as string[]) : Object.values(named);
    return headings.length > 0 ? `${headings.map(quote).join(",")}\r\n` : "";
  };

  return {
    line(row) {
      const before = keys ? "" : head(row);
      return before + toLine(keys!.map((key) => (row as Record<string, unknown>)[key]));
    },
    end: () => (keys ? "" : head(undefined)),
  };
}

const SPECIAL = /[",\r\n]/;

/** A field: quoted if it has a separator in it; null and undefined are empty. */
function quote(value: unknown): string {
  const text = toText(value);
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Times as in JSON, bytes as base64, other objects as JSON. */
function toText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return `${value as string | number | boolean | bigint}`;
  if (value instanceof Date) return value.toISOString();
  return value instanceof Uint8Array
    ? Buffer.from(value).toString("base64")
    : JSON.stringify(value);
}

const FORMULA = /^[=+\-@\t\r]/;

/** Text that is a number, as PostgreSQL's `numeric` is, stays as it is. */
const NUMBER = /^-?\d+(\.\d+)?$/;

const escapeFormula = (value: unknown): unknown =>
  typeof value === "string" && FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
