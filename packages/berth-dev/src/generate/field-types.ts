// The types of fields: for each its schema, its columns, and the values that tests send.
import { UsageError } from "port-contract/args";
import { type Words, sentence, snake } from "./names";
import { sqlName } from "./sql-names";

/** The code of a field in a feature. */
export interface FieldCode {
  /** The schema, as code. */
  schema: string;
  /** The columns, and for each the code of its value, where `$` is the field of the input. */
  columns: readonly { name: string; type: string; value: string }[];
  /** The selected expression, if it is not the column itself. */
  select?: string;
  /** A valid value as code. `number` distinguishes several. */
  sample: string;
  /** An invalid value as code, the place of the error, and the client's message. */
  invalid: { value: string; below?: string; detail: string };
}

/** A field's name, and the arguments of its type. */
export interface Declared {
  name: string;
  words: Words;
  args: readonly string[];
}

/** A field type. */
export interface FieldType {
  /** Its arguments, for `--help`. */
  args: string;
  about: string;
  /** @throws UsageError when the arguments are invalid. */
  code: (field: Declared) => FieldCode;
}

const MAX_TEXT = 1_000_000;
const MAX_INTEGER = 2_147_483_647;
const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
/** A number as code: `10_000`. */
const digits = (value: number): string =>
  Math.abs(value) < 10_000 ? String(value) : value.toLocaleString("en").replaceAll(",", "_");

function invalidArgs({ name, args }: Declared, expected: string): UsageError {
  const given =
    args.length === 0 ? "no arguments" : `the arguments (${args.join(",").slice(0, 60)})`;
  return new UsageError(`the field ${name} has ${given}: expected ${expected}`);
}

/** Reads a range, or no arguments. */
function rangeOf(field: Declared, min: number, max: number, byDefault: [number, number]) {
  const { args } = field;
  if (args.length === 0) return byDefault;
  const [from = NaN, to = NaN] = args.map((arg) => (/^-?\d{1,16}$/.test(arg) ? Number(arg) : NaN));
  if (args.length === 2 && from >= min && to <= max && from <= to) return [from, to] as const;
  throw invalidArgs(field, `(MIN,MAX) within ${min} to ${max}`);
}

function noArgs(field: Declared): void {
  if (field.args.length > 0) throw invalidArgs(field, "none");
}

const one = ({ words }: Declared, type: string) => [{ name: snake(words), type, value: "$" }];

/** A type without arguments. */
const plain = (
  about: string,
  [schema, column, sample]: readonly [schema: string, column: string, sample: string],
  [value, detail]: readonly [value: string, detail: string],
): FieldType => ({
  args: "",
  about,
  code: (field) => {
    noArgs(field);
    return { schema, columns: one(field, column), sample, invalid: { value, detail } };
  },
});

function textSample({ words }: Declared, min: number, max: number): string {
  const label = `${sentence(words)} `;
  if (max <= label.length) return max === 1 ? "String(number)" : `"x".repeat(${max - 1}) + number`;
  return `\`${label.padEnd(min - 1, ".")}\${number}\``;
}

/** A different number for each value, if the range has room for it. */
const numberSample = (min: number, max: number): string => {
  if (min <= 1 && max >= 9) return "number";
  return max - min >= 9 ? `${digits(min)} + number` : digits(min);
};

export const FIELD_TYPES: Readonly<Record<string, FieldType>> = {
  text: {
    args: "(MIN,MAX)",
    about: "characters, (1,200) by default",
    code: (field) => {
      const [min, max] = rangeOf(field, 0, MAX_TEXT, [1, 200]);
      if (max === 0) throw invalidArgs(field, "a MAX of 1 or more");
      return {
        schema: `text(${digits(min)}, ${digits(max)})`,
        columns: one(field, "text"),
        sample: textSample(field, min, max),
        invalid:
          min > 0
            ? { value: '""', detail: `must have at least ${count(min, "character")}` }
            : {
                value: `"x".repeat(${digits(max + 1)})`,
                detail: `must have at most ${count(max, "character")}`,
              },
      };
    },
  },
  email: plain(
    "an e-mail address",
    ["v.pipe(text(3, 200), v.email())", "text", "`ada${number}@example.com`"],
    ['"ada"', "must be a valid email"],
  ),
  url: plain(
    "an http or https URL",
    [
      'v.pipe(text(1, 2000), v.url(), v.regex(/^https?:\\/\\/[^\\s"<>\\\\^`{|}]+$/, "must be an http or https URL"))',
      "text",
      "`https://example.com/${number}`",
    ],
    ['"ftp://example.com"', "must be an http or https URL"],
  ),
  integer: {
    args: "(MIN,MAX)",
    about: `a whole number, (0,${MAX_INTEGER}) by default`,
    code: (field) => {
      const safe = Number.MAX_SAFE_INTEGER;
      const [min, max] = rangeOf(field, -safe, safe, [0, MAX_INTEGER]);
      const isLarge = max > MAX_INTEGER || min < -MAX_INTEGER;
      const [name, value] = [sqlName(snake(field.words)), digits(max + 1)];
      return {
        schema: `integer(${digits(min)}, ${digits(max)})`,
        columns: one(field, isLarge ? "bigint" : "integer"),
        // A bigint would become text.
        ...(isLarge && { select: `to_json(${name}) AS "${field.name}"` }),
        sample: numberSample(min, max),
        invalid: { value, detail: `must be at most ${max}` },
      };
    },
  },
  number: {
    args: "(MIN,MAX)",
    about: "a number with a fraction, rounded as JavaScript does, (0,1000000000) by default",
    code: (field) => {
      const [min, max] = rangeOf(field, -1e15, 1e15, [0, 1_000_000_000]);
      return {
        schema: `v.pipe(v.number(), v.minValue(${digits(min)}), v.maxValue(${digits(max)}))`,
        columns: one(field, "double precision"),
        sample: numberSample(min, max),
        invalid: { value: digits(max + 1), detail: `must be at most ${max}` },
      };
    },
  },
  decimal: {
    args: "(PRECISION,SCALE)",
    about: 'an exact number as text, such as "12.50", (12,2) by default',
    code: (field) => {
      const [precision, scale] = field.args.length === 0 ? [12, 2] : field.args.map(Number);
      const isValid =
        field.args.every((arg) => /^\d{1,2}$/.test(arg)) && precision! <= 30 && scale! > 0;
      if (!isValid || scale === undefined || field.args.length > 2 || precision! <= scale)
        throw invalidArgs(field, "(PRECISION,SCALE), at most (30,29)");
      const detail = `must be a number as text with at most ${precision! - scale} digits, a point and ${scale} more`;
      const pattern = `/^-?\\d{1,${precision! - scale}}(\\.\\d{1,${scale}})?$/`;
      return {
        schema: `v.pipe(v.string(), v.regex(${pattern}, ${JSON.stringify(detail)}))`,
        columns: one(field, `numeric(${precision}, ${scale})`),
        sample: `number.toFixed(${scale})`,
        invalid: { value: '"many"', detail },
      };
    },
  },
  money: {
    args: "(CURRENCY,…)",
    about: "an amount in minor units and its currency, (EUR) by default",
    code: (field) => {
      const currencies = field.args.length === 0 ? ["EUR"] : field.args;
      if (!currencies.every((code) => /^[A-Z]{3}$/.test(code)) || hasDuplicates(currencies))
        throw invalidArgs(field, "ISO 4217 codes, such as (EUR,USD)");
      const columnName = (part: string) => `${snake(field.words)}_${part}`;
      const [currency] = currencies.map((code) => JSON.stringify(code));
      return {
        schema: `money(${currencies.map((code) => JSON.stringify(code)).join(", ")})`,
        columns: [
          { name: columnName("amount"), type: "bigint", value: "$.amount" },
          { name: columnName("currency"), type: "text", value: "$.currency" },
        ],
        select: `json_build_object('amount', ${columnName("amount")}, 'currency', ${columnName("currency")}) AS "${field.name}"`,
        sample: `{ amount: 100 * number, currency: ${currency} }`,
        invalid: {
          value: `{ amount: -1, currency: ${currency} }`,
          below: "/amount",
          detail: "must be at least 0",
        },
      };
    },
  },
  boolean: plain(
    "true or false",
    ["v.boolean()", "boolean", "true"],
    ['"yes"', "must be of type boolean"],
  ),
  date: plain(
    "a calendar date",
    ["date", "date", "`2027-01-0${number}`"],
    ['"2027-02-30"', "must be a calendar date, such as 2026-11-01"],
  ),
  dateTime: plain(
    "a point in time with its offset",
    ["dateTime", "timestamptz", "`2027-01-0${number}T12:00:00.000Z`"],
    ['"2027-01-01"', "must be a time with its offset, such as 2026-11-01T12:30:00Z"],
  ),
  uuid: plain(
    "a UUID",
    ["v.pipe(v.string(), v.uuid())", "uuid", "`00000000-0000-4000-8000-00000000000${number}`"],
    ['"1"', "must be a valid UUID"],
  ),
  id: plain(
    "a 64-bit id of something elsewhere, as text",
    ["id", "bigint", "String(number)"],
    ['"0"', "must be an id: a positive 64-bit integer in digits"],
  ),
  enum: {
    args: "(A,B,…)",
    about: "one of these texts",
    code: (field) => {
      const { args } = field;
      if (
        args.length === 0 ||
        !args.every((arg) => /^[\w-]{1,60}$/.test(arg)) ||
        hasDuplicates(args)
      )
        throw invalidArgs(field, "its values, such as (open,paid), of a-z, 0-9, - and _");
      const values = args.map((arg) => JSON.stringify(arg)).join(", ");
      return {
        schema: `oneOf(${values})`,
        columns: one(field, "text"),
        sample: JSON.stringify(args[0]),
        invalid: { value: '"?"', detail: `must be one of ${values}` },
      };
    },
  },
};

const hasDuplicates = (list: readonly string[]): boolean => new Set(list).size < list.length;
