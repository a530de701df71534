// Moves schemas with a title to the document's components: each appears once, and generated clients have a type for it.

/** A JSON Schema. @see https://json-schema.org/draft/2020-12 */
export type JsonSchema = Record<string, unknown>;

/** A title that is a valid type name. */
const NAME = /^[A-Z]\w*$/;

/**
 * Replaces schemas that have a title such as `Note` by references, and adds them to `named`.
 * @throws Error when two different schemas have the same title, or a schema without a title contains itself.
 */
export function nameSchemas(schema: JsonSchema, named: Record<string, object>): unknown {
  const { $defs = {}, ...root } = schema;
  return replaceNamed(root, {
    named,
    defs: $defs as Record<string, unknown>,
    enclosing: new Map(),
  });
}

interface Context {
  named: Record<string, object>;
  /** The converter's definitions of recursive schemas: an OpenAPI document has no `$defs`, so they are inlined. */
  defs: Readonly<Record<string, unknown>>;
  /** The enclosing schemas as text, by title or by reference into `defs`: one that occurs in itself is recursive. */
  enclosing: ReadonlyMap<string, string>;
}

function replaceNamed(schema: unknown, context: Context): unknown {
  if (Array.isArray(schema)) return schema.map((item) => replaceNamed(item, context));
  if (typeof schema !== "object" || schema === null) return schema;
  const { title, $ref } = schema as JsonSchema;
  const text = JSON.stringify(schema);
  if (typeof $ref === "string" && $ref.startsWith(DEFS)) {
    if (context.enclosing.has($ref)) throw new Error(NAMELESS);
    const enclosing = new Map([...context.enclosing, [$ref, text]]);
    return replaceNamed(context.defs[$ref.slice(DEFS.length)], { ...context, enclosing });
  }
  const isNamed = typeof title === "string" && NAME.test(title);
  if (isNamed && context.enclosing.get(title) === text) return referenceTo(title);
  // Within a named schema, the recursion through a definition ends at the name.
  const enclosing = isNamed
    ? new Map([...titlesOf(context.enclosing), [title, text]])
    : context.enclosing;
  const members = Object.entries(schema).map(([key, value]) => [
    key,
    replaceNamed(value, { ...context, enclosing }),
  ]);
  const replaced = Object.fromEntries(members) as JsonSchema;
  if (!isNamed) return replaced;
  const known = context.named[title];
  if (known && JSON.stringify(known) !== JSON.stringify(replaced)) {
    throw new Error(`Two schemas have the title ${title}: give each a name of its own.`);
  }
  context.named[title] = replaced;
  return referenceTo(title);
}

const DEFS = "#/$defs/";

const NAMELESS =
  'A schema that contains itself needs a name: v.pipe(object({ … }), v.title("Order")).';

const referenceTo = (title: string) => ({ $ref: `#/components/schemas/${title}` });

const titlesOf = (enclosing: Context["enclosing"]) =>
  [...enclosing].filter(([key]) => !key.startsWith(DEFS));
