// Gives schemas that have a title a place of their own in the document, so that they are told once and have a name in a client.

/** A JSON Schema. @see https://json-schema.org/draft/2020-12 */
export type JsonSchema = Record<string, unknown>;

/** A title that can be a name. */
const NAME = /^[A-Z]\w*$/;

/**
 * The schema, with references to those in it that have a title such as `Note`; these are added to the named ones.
 * @throws Error when two different schemas have the same title.
 */
export function nameSchemas(schema: unknown, named: Record<string, object>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => nameSchemas(item, named));
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).map(([key, value]) => [key, nameSchemas(value, named)]);
  const whole = Object.fromEntries(members) as JsonSchema;
  const { title } = whole;
  if (typeof title !== "string" || !NAME.test(title)) return whole;
  const known = named[title];
  if (known && JSON.stringify(known) !== JSON.stringify(whole)) {
    throw new Error(`Two schemas have the title ${title}: give each a name of its own.`);
  }
  named[title] = whole;
  return { $ref: `#/components/schemas/${title}` };
}
