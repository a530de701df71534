// Makes valibot's objects and records refuse arrays, as JSON Schema does: `v.object`, `v.looseObject` and `v.record` accept them.
import type * as v from "valibot";

const OBJECTS = new Set(["object", "loose_object", "strict_object", "object_with_rest", "record"]);

/** The schemas that have been looked through. */
const guarded = new WeakSet<object>();
/** The objects' own schemas that refuse arrays. */
const guardedObjects = new WeakSet<object>();

/** The members of valibot's schemas that contain other schemas. */
interface Composite extends v.GenericSchema {
  pipe?: readonly unknown[];
  entries?: Readonly<Record<string, unknown>>;
  options?: readonly unknown[];
  items?: readonly unknown[];
  item?: unknown;
  wrapped?: unknown;
  key?: unknown;
  value?: unknown;
  rest?: unknown;
  getter?: (input: unknown) => unknown;
}

/** Changes a schema, once, and the schemas that it contains. A schema that is frozen stays as it is. */
export function refuseArrays(part: unknown): void {
  if (typeof part !== "object" || part === null || guarded.has(part)) return;
  guarded.add(part);
  const schema = part as Composite;
  // A schema's pipe begins with the schema itself, which is another object.
  if (OBJECTS.has(schema.type) && !schema.pipe && Object.isExtensible(schema)) guardObject(schema);
  const { pipe = [], entries = {}, options = [], items = [], getter } = schema;
  const { item, wrapped, key, value, rest } = schema;
  const parts = [...pipe, ...Object.values(entries), ...options, ...items];
  for (const one of [...parts, item, wrapped, key, value, rest]) refuseArrays(one);
  if (!getter || !Object.isExtensible(schema)) return;
  // A recursive schema (v.lazy), whose getter may return a new one at each call.
  schema.getter = (input) => {
    const found = getter(input);
    refuseArrays(found);
    return found;
  };
}

/** Changes the schema of an object so that it refuses arrays. */
export function guardObject<S extends v.GenericSchema>(schema: S): S {
  if (guardedObjects.has(schema)) return schema;
  guardedObjects.add(schema);
  const run = schema["~run"];
  type Given = Parameters<typeof run>;
  const guardedRun = function (this: S, dataset: Given[0], config: Given[1]) {
    // As for null: the error says that the type is wrong.
    return run.call(this, Array.isArray(dataset.value) ? { value: null } : dataset, config);
  };
  return Object.assign(schema, { "~run": guardedRun });
}
