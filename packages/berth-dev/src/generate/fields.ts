// Parses the fields of a feature, such as `total:money`, `email:email(unique)` or `customerId:references(customers)`.
import { UsageError } from "port-contract/args";
import { type Declared, FIELD_TYPES, type FieldCode } from "./field-types";
import { quoted, snake, type Words, wordsOf } from "./names";
import { MAX_SQL_NAME, SYSTEM_COLUMNS } from "./sql-names";

/** A field of a feature. */
export interface Field extends FieldCode {
  name: string;
  words: Words;
  isOptional: boolean;
  isUnique: boolean;
  /** The table that it references by its id. */
  references?: string;
}

const NAME = /^[a-z][A-Za-z0-9]*$/;
const TYPE = /^([A-Za-z]+)(?:\(([^()]*)\))?(\?)?((?::[^:]+)*)$/;
/** The fields that every feature has. */
const OWN = ["id", "createdAt", "updatedAt"];
const EXAMPLE = "such as title:text(1,80), total:money or note:text?";

/** For `--help`. */
export const FIELD_TYPES_HELP = [
  ...Object.entries(FIELD_TYPES).map(([name, { args, about }]) => [name + args, about]),
  ["references(TABLE)", "the id of a row of another table, by which lists can be filtered"],
]
  .map(([name = "", about = ""]) => `  ${name.padEnd(26)}${about}`)
  .join("\n");

/**
 * Parses the fields.
 * @param table The table of the fields, for the names of constraints.
 * @throws UsageError when one is invalid, or two have the same name or column.
 */
export function parseFields(specs: readonly string[], table: string): Field[] {
  if (specs.length === 0) throw new UsageError(`expected fields, ${EXAMPLE}`);
  const fields = specs.map((spec) => parseField(spec, table));
  const columns = new Map(OWN.map((name) => [snake(wordsOf(name)), name]));
  for (const field of fields) {
    for (const { name } of field.columns) {
      const other = columns.get(name);
      if (other !== undefined) {
        throw new UsageError(
          other === field.name
            ? `the field ${other} is given twice: rename one of them`
            : `the fields ${other} and ${field.name} have the same column, ${name}: name one of them differently`,
        );
      }
      columns.set(name, field.name);
    }
  }
  return fields;
}

function parseField(spec: string, table: string): Field {
  const colon = spec.indexOf(":");
  const name = parseFieldName(colon < 0 ? spec : spec.slice(0, colon));
  const [, type = "", list, mark, suffixes = ""] =
    TYPE.exec(colon < 0 ? "" : spec.slice(colon + 1)) ?? [];
  if (type === "") {
    throw new UsageError(
      `the type of the field ${name} is missing or malformed: write it ${EXAMPLE}`,
    );
  }
  // `enum:open,paid` means `enum(open,paid)`, but needs no quotes in a shell.
  const words = [list ?? [], ...suffixes.split(":")].flat().flatMap((text) => text.split(","));
  const all = words.map((word) => word.trim()).filter((word) => word !== "");
  const args = all.filter((word) => !["unique", "optional"].includes(word));
  const declared = { name, words: wordsOf(name), args };
  const isOptional = mark !== undefined || all.includes("optional");
  const isUnique = all.includes("unique");
  if (isUnique && UNDISTINCT.includes(type)) {
    throw new UsageError(`the field ${name} of type ${type} cannot be unique: omit that`);
  }
  const field = { ...declared, isOptional, isUnique, ...codeOf(type, declared) };
  if (isUnique && !field.sample.includes("number")) {
    throw new UsageError(`the field ${name} has too few values to be unique: widen its range`);
  }
  const constraint = constraintOf(table, field);
  if (constraint.length <= MAX_SQL_NAME) return field;
  throw new UsageError(
    `the name of the constraint ${constraint} has more than ${MAX_SQL_NAME} characters: shorten the name of the field ${name}`,
  );
}

function codeOf(type: string, declared: Declared): FieldCode & Pick<Field, "references"> {
  if (type === "references") return reference(declared);
  if (Object.hasOwn(FIELD_TYPES, type)) return FIELD_TYPES[type]!.code(declared);
  throw new UsageError(
    `the field ${declared.name} has the unknown type ${quoted(type)}: expected one of ${Object.keys(FIELD_TYPES).join(", ")}, references`,
  );
}

/** Types for which tests cannot send several values. */
const UNDISTINCT = ["boolean", "enum", "money", "references"];

function parseFieldName(name: string): string {
  if (!NAME.test(name) || name.length > 40) {
    throw new UsageError(
      `${quoted(name)} is not a field: use a-z, A-Z and 0-9, at most 40, ${EXAMPLE}`,
    );
  }
  if (OWN.includes(name)) throw new UsageError(`every feature has the field ${name}: omit it`);
  if (name in {} || SYSTEM_COLUMNS.includes(name)) {
    throw new UsageError(`"${name}" cannot be the name of a field: choose another one`);
  }
  return name;
}

function reference({ name, words, args }: Declared) {
  const [table, ...more] = args;
  if (table === undefined || more.length > 0 || !/^[A-Za-z][\w-]{0,62}$/.test(table)) {
    throw new UsageError(
      `the field ${name} references ${quoted(args.join(","))}: expected one table, such as references(customers)`,
    );
  }
  return {
    references: snake(wordsOf(table)),
    schema: "id",
    columns: [{ name: snake(words), type: "bigint", value: "$" }],
    sample: name,
    invalid: { value: '"0"', detail: "must be an id: a positive 64-bit integer in digits" },
  };
}

/** The name that PostgreSQL gives to the field's constraint. */
export const constraintOf = (
  table: string,
  { columns, references }: Pick<Field, "columns" | "references">,
): string => `${table}_${columns[0]!.name}_${references === undefined ? "key" : "fkey"}`;
