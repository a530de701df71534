// Moves titled schemas to the document's components, so that each appears once and has a name in generated clients.

/** A JSON Schema. @see https://json-schema.org/draft/2020-12 */
export type JsonSchema = Record<string, unknown>;

/** A title that is a valid type name. */
const NAME = /^[A-Z]\w*$/;

/**
 * The schema, with references to the schemas in it that have a title such as `Note`; these are added to `named`.
 * @throws Error when two different schemas have the same title, or a schema without a title contains itself.
 */
export function nameSchemas(schema: JsonSchema, named: Record<string, object>): unknown {
  const { $defs = {}, ...whole } = schema;
  return name(whole, { named, defs: $defs as Record<string, unknown>, around: new Map() });
}

/** The context of a schema. */
interface Place {
  named: Record<string, object>;
  /** The converter's definitions of recursive schemas, which an OpenAPI document has no place for. */
  defs: Readonly<Record<string, unknown>>;
  /** The enclosing titles and references into `defs`, with their schemas as text. */
  around: ReadonlyMap<string, string>;
}

function name(schema: unknown, place: Place): unknown {
  if (Array.isArray(schema)) return schema.map((item) => name(item, place));
  if (typeof schema !== "object" || schema === null) return schema;
  const { title, $ref } = schema as JsonSchema;
  const text = JSON.stringify(schema);
  if (typeof $ref === "string" && $ref.startsWith(DEFS)) {
    if (place.around.has($ref)) throw new Error(NAMELESS);
    const around = new Map([...place.around, [$ref, text]]);
    return name(place.defs[$ref.slice(DEFS.length)], { ...place, around });
  }
  const isNamed = typeof title === "string" && NAME.test(title);
  if (isNamed && place.around.get(title) === text) return referenceTo(title);
  // Inside a named schema, a definition may be entered again.
  const around = isNamed ? new Map([...namesOf(place.around), [title, text]]) : place.around;
  const members = Object.entries(schema).map(([key, value]) => [
    key,
    name(value, { ...place, around }),
  ]);
  const whole = Object.fromEntries(members) as JsonSchema;
  if (!isNamed) return whole;
  const known = place.named[title];
  if (known && JSON.stringify(known) !== JSON.stringify(whole)) {
    throw new Error(`Two schemas have the title ${title}: give each a name of its own.`);
  }
  place.named[title] = whole;
  return referenceTo(title);
}

const DEFS = "#/$defs/";

const NAMELESS =
  'A schema that contains itself needs a name: v.pipe(object({ … }), v.title("Order")).';

const referenceTo = (title: string) => ({ $ref: `#/components/schemas/${title}` });

const namesOf = (around: Place["around"]) => [...around].filter(([key]) => !key.startsWith(DEFS));
