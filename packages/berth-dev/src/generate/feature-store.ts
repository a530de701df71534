// The store and the migration of a feature: the sample's, with other columns.
import type * as TypeScript from "typescript";
import { constraintOf, type Field } from "./fields";
import { filtersOf } from "./feature-schema";
import { type FeatureName, pascal, prose, singularOf, snake } from "./names";
import { sqlName, sqlNameOf } from "./sql-names";
import {
  applyEdits,
  calls,
  type Edit,
  find,
  importEdits,
  named,
  parse,
  replaced,
  typescript,
} from "./syntax";

const WIDTH = 88;

/** Joins parts with commas, with line breaks and this indent where a line would be too long. */
function wrapped(parts: readonly string[], indent: string): string {
  const lines = [""];
  for (const [index, part] of parts.entries()) {
    const text = index < parts.length - 1 ? `${part},` : part;
    const last = lines.at(-1) ?? "";
    if (last !== "" && `${indent}${last} ${text}`.length > WIDTH) lines.push(text);
    else lines[lines.length - 1] = last === "" ? text : `${last} ${text}`;
  }
  return lines.join(`\n${indent}`);
}

const selectOf = ({ name, columns, select }: Field): string => {
  const [column] = columns;
  const as = column!.name === name ? "" : ` AS "${name}"`;
  return select ?? `${sqlName(column!.name)}${as}`;
};

/** If an optional field has no value, all its columns are null. */
const selected = (field: Field): string => {
  const expression = selectOf(field);
  if (field.columns.length === 1 || !field.isOptional) return expression;
  const as = ` AS "${field.name}"`;
  const value = expression.slice(0, -as.length);
  return `CASE WHEN ${field.columns[0]!.name} IS NOT NULL THEN ${value} END${as}`;
};

const valuesOf = (field: Field): string[] =>
  field.columns.map(({ value }) =>
    value.replace("$", `input.${field.name}${field.isOptional && value !== "$" ? "?" : ""}`),
  );

/** Describes for clients what a constraint rejects. */
export const takenDetail = ({ words }: Field): string => `The ${prose(words)} is taken.`;
export const missingDetail = ({ references = "" }: Field): string =>
  `There is no such ${prose(singularOf(references))}.`;

/** Replaces the columns, and names the constraints that clients may violate. */
export function withColumns(text: string, name: FeatureName, fields: readonly Field[]): string {
  const ts = typescript();
  const source = parse(text);
  const table = sqlNameOf(name.plural);
  const [create, replace, columns] = ["create", "replace", "COLUMNS"].map((of) =>
    named(source, of),
  );
  const columnNames = fields.flatMap((field) => field.columns.map((one) => sqlName(one.name)));
  const values = fields.flatMap(valuesOf);
  const all = [
    "id",
    ...fields.map(selected),
    'created_at AS "createdAt"',
    'updated_at AS "updatedAt"',
  ];
  const oneLine = all.join(", ");
  const selection = oneLine.length < WIDTH - 10 ? oneLine : `\n  ${wrapped(all, "  ")}`;

  const parameters = columnNames.map((_, index) => `$${index + 1}`).join(", ");
  const insert = statementOf(
    `INSERT INTO ${table} (${wrapped(columnNames, "            ")})`,
    `VALUES (${parameters}) RETURNING \${COLUMNS}`,
  );
  const set = columnNames.map((column, index) => `${column} = $${index + 2}`);
  const update = statementOf(
    `UPDATE ${table} SET ${wrapped([...set, "updated_at = now()"], "            ")}`,
    `WHERE id = $1 RETURNING \${COLUMNS}`,
  );
  const list = values.join(", ");
  const isLong = list.length > WIDTH - 20;
  const catches = [
    ...(fields.some(({ isUnique }) => isUnique) ? [".catch(onTaken)"] : []),
    ...(filtersOf(fields).length > 0 ? [".catch(onMissing)"] : []),
  ].join("");

  const initializer = find(columns, ts.isNoSubstitutionTemplateLiteral);
  if (!initializer) throw new Error("the sample's store has another shape");
  return applyEdits(text, [
    replaced(
      initializer,
      `\`${selection}\`${isLong ? valuesFunction(name, list) : ""}${constraintHandlers(snake(name.plural), fields)}`,
    ),
    ...(filtersOf(fields).length > 0 ? listEdits(find(source, isListProperty), table, fields) : []),
    ...statementEdits(create, insert, isLong ? "valuesOf(input)" : `[${list}]`, catches),
    ...statementEdits(replace, update, `[id, ${isLong ? "...valuesOf(input)" : list}]`, catches),
    ...(catches === "" ? [] : importEdits(source, "berth/postgres", ["onViolation"])),
  ]);
}

/** Written on one line, if it fits. */
function statementOf(first: string, second: string): string {
  const isShort = !first.includes("\n") && `${first} ${second}`.length < WIDTH;
  return `${first}${isShort ? " " : "\n          "}${second}`;
}

const valuesFunction = (name: FeatureName, list: string): string =>
  `;\n\n/** In the order of the columns. */\nconst valuesOf = (input: ${pascal(name.singular)}Input) => [${list}]`;

function isListProperty(node: TypeScript.Node): node is TypeScript.PropertyAssignment {
  return typescript().isPropertyAssignment(node) && node.name.getText() === "list";
}

/** The statements that end the declaration of the columns, and those about constraints. */
function constraintHandlers(table: string, fields: readonly Field[]): string {
  const messages = (of: readonly Field[], detail: (field: Field) => string) =>
    of.map((field) => `${constraintOf(table, field)}: ${JSON.stringify(detail(field))}`).join(", ");
  const [unique, referring] = [fields.filter(({ isUnique }) => isUnique), filtersOf(fields)];
  return [
    ...(unique.length > 0
      ? [`;\n\nconst onTaken = onViolation({ ${messages(unique, takenDetail)} })`]
      : []),
    ...(referring.length > 0
      ? [
          `;\n${unique.length > 0 ? "" : "\n"}const onMissing = onViolation({ ${messages(referring, missingDetail)} }, 422)`,
        ]
      : []),
  ].join("");
}

function listEdits(
  list: TypeScript.Node | undefined,
  table: string,
  fields: readonly Field[],
): Edit[] {
  const ts = typescript();
  const parameters = find(list, ts.isObjectBindingPattern);
  const args = calls(list, "query")[0]?.arguments;
  if (!parameters || !args?.[0] || !args[1]) throw new Error("the sample's list has another shape");
  const filters = filtersOf(fields);
  const conditions = filters.map(
    ({ columns }, index) =>
      `($${index + 3}::bigint IS NULL OR ${sqlName(columns[0]!.name)} = $${index + 3})`,
  );
  const names = filters.map(({ name }) => `, ${name}`).join("");
  const statement = `SELECT \${COLUMNS} FROM ${table}
          WHERE ${["($2::bigint IS NULL OR id < $2)", ...conditions].join(" AND ")}
          ORDER BY id DESC LIMIT $1`;
  return [
    replaced(parameters, `{ limit, cursor${names} }`),
    replaced(args[0], `\`${statement}\``),
    replaced(args[1], `[limit, cursor${names}]`),
  ];
}

/** Replaces a method's statement, its values, and the fields that it destructures. */
function statementEdits(
  method: TypeScript.Node | undefined,
  statement: string,
  values: string,
  catches: string,
): Edit[] {
  const ts = typescript();
  const call = calls(method, "query")[0];
  const parameter = find(method, ts.isObjectBindingPattern);
  if (!call?.arguments[0] || !call.arguments[1] || !parameter)
    throw new Error("the sample's store has another shape");
  const end = call.getEnd();
  return [
    replaced(parameter, "input"),
    replaced(call.arguments[0], `\`${statement}\``),
    replaced(call.arguments[1], values),
    ...(catches === "" ? [] : [{ start: end, end, text: catches }]),
  ];
}

/** The migration that creates the table. */
export function migrationWith(text: string, name: FeatureName, fields: readonly Field[]): string {
  const table = snake(name.plural);
  const lines = fields.flatMap((field) =>
    field.columns.map(({ name: column, type }) =>
      [
        `      ${sqlName(column)} ${type}`,
        ...(field.isOptional ? [] : ["NOT NULL"]),
        ...(field.isUnique ? ["UNIQUE"] : []),
        ...(field.references === undefined ? [] : [`REFERENCES ${sqlName(field.references)}`]),
      ].join(" "),
    ),
  );
  const indexes = filtersOf(fields).map(
    ({ columns }) => `;\n    CREATE INDEX ON ${sqlName(table)} (${sqlName(columns[0]!.name)}, id)`,
  );
  const old = /^ +title text NOT NULL,\n +body text NOT NULL,\n/m;
  if (!old.test(text)) throw new Error("the sample's migration has another shape");
  return text
    .replace(old, () => `${lines.join(",\n")},\n`)
    .replace(/\n {4}\)\n/, () => `\n    )${indexes.join("")}\n`);
}
