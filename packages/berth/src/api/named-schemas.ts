// Gives schemas that have a title a place of their own in the document, so that they are told once and have a name in a client.

/** A JSON Schema. @see https://json-schema.org/draft/2020-12 */
export type JsonSchema = Record<string, unknown>;

/** A title that can be a name. */
const NAME = /^[A-Z]\w*$/;

/**
 * The schema, with references to those in it that have a title such as `Note`; these are added to the named ones.
 * @throws Error when two different schemas have the same title, or one contains itself that has none.
 */
export function nameSchemas(schema: JsonSchema, named: Record<string, object>): unknown {
  const { $defs = {}, ...whole } = schema;
  return name(whole, { named, defs: $defs as Record<string, unknown>, around: new Map() });
}

/** Where a schema is. */
interface Place {
  named: Record<string, object>;
  /** What the converter keeps of those that contain themselves: the document has no place for it. */
  defs: Readonly<Record<string, unknown>>;
  /** What it is in: titles, and references into `defs`, with the schema as text. */
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
  // Behind a name, the way into a definition may be gone again.
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
