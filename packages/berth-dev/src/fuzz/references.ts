// Puts ids of existing resources into the fields of a body that name one, such as `noteId`.
import type { JsonSchema, SchemaValidator } from "./document";
import type { KnownIds } from "./known-ids";
import { withField } from "./violations";

/**
 * Replaces such fields, as far as the body stays valid.
 * @param index Which of the known ids.
 */
export function withKnownIds(
  body: unknown,
  schema: JsonSchema,
  { known, validator, index }: { known: KnownIds; validator: SchemaValidator; index: number },
): unknown {
  let whole = body;
  for (const { path, resource, value } of referencesIn(body)) {
    const id = known.idOf(resource, index);
    if (id === undefined) continue;
    const same = Array.isArray(value) ? [[id], [Number(id)]] : [id, Number(id)];
    const changed = same
      .map((one) => replaced(whole, path, one))
      .find((one) => validator.isValid(schema, one));
    if (changed !== undefined) whole = changed;
  }
  return whole;
}

interface Reference {
  path: readonly string[];
  /** Such as `note`. */
  resource: string;
  value: unknown;
}

function referencesIn(value: unknown, path: readonly string[] = []): Reference[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const at = [...path, name];
    const [, resource] = /^(.+?)_?(?:Id|(?<=_)id)s?$/.exec(name) ?? [];
    return resource === undefined
      ? referencesIn(field, at)
      : [{ path: at, resource, value: field as unknown }];
  });
}

function replaced(whole: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const field = replaced((whole as Record<string, unknown>)[name], rest, value);
  return Array.isArray(whole)
    ? whole.with(Number(name), field)
    : withField(whole as object, name, field);
}
