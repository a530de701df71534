// The schema of a feature: the sample's, with other fields.
import type { Field } from "./fields";
import { camel, type FeatureName } from "./names";
import { applyEdits, calls, importEdits, named, parse, replaced } from "./syntax";

/** The schema of a field in a body. An optional field is null if it is absent. */
const inBody = ({ schema, isOptional }: Field): string =>
  isOptional ? `v.nullish(${schema}, null)` : schema;

/** The fields that lists can be filtered by. */
export const filtersOf = (fields: readonly Field[]): Field[] =>
  fields.filter(({ references }) => references !== undefined);

/** Replaces the fields. Imports that become unused are kept. */
export function withFields(text: string, name: FeatureName, fields: readonly Field[]): string {
  const source = parse(text);
  const input = named(source, `${camel(name.singular)}Input`);
  const entries = calls(input, "object")[0]?.arguments[0];
  const query = calls(named(source, `${camel(name.plural)}Query`), "pageQuery")[0];
  if (!entries || !query) throw new Error("the sample's schema has another shape");
  const members = fields.map((field) => `${field.name}: ${inBody(field)}`);
  const filters = filtersOf(fields).map(({ name: of }) => `${of}: v.optional(id)`);
  const used = [...fields.map(({ schema }) => schema), ...(filters.length > 0 ? ["object"] : [])];
  const pieces = PIECES.filter((piece) =>
    used.some((code) => new RegExp(`\\b${piece}\\b`).test(code)),
  );
  return applyEdits(text, [
    replaced(entries, `{ ${members.join(", ")} }`),
    ...(filters.length > 0
      ? [replaced(query, `object({ ...${query.getText()}.entries, ${filters.join(", ")} })`)]
      : []),
    ...importEdits(source, "berth/schema", pieces),
  ]);
}

/** The exports of `berth/schema` that fields may need. */
export const PIECES = ["date", "dateTime", "id", "integer", "money", "object", "oneOf", "text"];
