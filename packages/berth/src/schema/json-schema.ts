// Converts valibot schemas to JSON Schema, and fails rather than lose a rule.
import * as v from "valibot";

/** A rule in JSON Schema: `{ maxLength: 5 }`. */
export type Keywords = Readonly<Record<string, unknown>>;

/**
 * A check with its equivalent in JSON Schema.
 * @param keywords A `description` if JSON Schema has no keyword for it.
 * @param message What the client reads about its value: "must be …".
 */
export const checkAs = <T>(keywords: Keywords, isValid: (value: T) => boolean, message: string) =>
  Object.assign(v.check<T, string>(isValid, message), { keywords });

/**
 * The JSON Schema (2020-12) of what clients may send; for a query parameter, of the value that its text stands for.
 * @param convert `toJsonSchema` of `@valibot/to-json-schema`: an argument, so that only services that convert install
 *   it.
 * @throws Error when a rule would be lost.
 */
export function toJsonSchema<J extends object>(schema: v.GenericSchema, convert: Convert<J>): J {
  refuseLateRules(schema, "", new Set());
  return convert(schema, {
    target: "draft-2020-12",
    typeMode: "input",
    errorMode: "throw",
    overrideAction,
    overrideSchema,
  });
}

type Convert<J> = (
  schema: v.GenericSchema,
  config: {
    target: "draft-2020-12";
    typeMode: "input";
    errorMode: "throw";
    overrideAction: (context: ActionContext<J>) => J | undefined;
    overrideSchema: (context: SchemaContext<J>) => J | undefined;
  },
) => J;

interface ActionContext<J> {
  valibotAction: Item & { keywords?: Keywords; requirement?: unknown; message?: unknown };
  jsonSchema: J;
  errors: readonly string[] | undefined;
}

interface SchemaContext<J> {
  valibotSchema: v.GenericSchema;
  jsonSchema: J & { type?: unknown; default?: unknown };
}

/** The converter supports neither `checkAs`, nor a second pattern, nor transformations, which reject nothing. */
function overrideAction<J>({ valibotAction, jsonSchema, errors }: ActionContext<J>): J | undefined {
  const { kind, type, keywords, requirement, message } = valibotAction;
  if (keywords) return withKeywords(jsonSchema, keywords);
  if (kind === "transformation") return jsonSchema;
  if (type === "regex" && requirement instanceof RegExp && /^[uv]?$/.test(requirement.flags)) {
    return withKeywords(jsonSchema, { pattern: requirement.source });
  }
  if (!errors) return undefined;
  const words = typeof message === "string" ? ` ("${message}")` : "";
  throw new Error(
    `A "${type}"${words} would be lost in JSON Schema: ${errors.join(" ")} Use checkAs() with its JSON Schema keywords.`,
  );
}

/** Keeps both rules, even with the same keyword; only the type of a parameter's value replaces `string`. */
function withKeywords<J>(jsonSchema: J, { type, ...keywords }: Keywords): J {
  const all: Keywords & { allOf?: Keywords[] } = {
    ...jsonSchema,
    ...(type !== undefined && { type }),
  };
  const isTaken = Object.keys(keywords).some((key) => key in all && all[key] !== keywords[key]);
  const both = isTaken
    ? { ...all, allOf: [...(all.allOf ?? []), keywords] }
    : { ...all, ...keywords };
  return both as J;
}

/** A parameter's default is written as text, as a client would send it. */
function overrideSchema<J>({ valibotSchema, jsonSchema }: SchemaContext<J>): J | undefined {
  if (typeof jsonSchema.default !== "string" || jsonSchema.type === "string") return undefined;
  return { ...jsonSchema, default: v.parse(valibotSchema, undefined) };
}

interface Item {
  kind: string;
  type: string;
}

/** The members of valibot's schemas that contain other schemas. */
interface Composite {
  pipe: Item[];
  entries: Record<string, unknown>;
  options: unknown[];
  items: unknown[];
  item: unknown;
  wrapped: unknown;
  key: unknown;
  value: unknown;
  rest: unknown;
  getter: (input: undefined) => unknown;
}

/** The converter silently drops what follows a transformation, as it is no rule for the input. */
function refuseLateRules(schema: unknown, path: string, seen: Set<unknown>): void {
  if (!isSchema(schema) || seen.has(schema)) return;
  seen.add(schema);
  const { pipe = [], entries = {}, options = [], items = [], ...of } = schema as Partial<Composite>;
  const late = lateRule(flatten(pipe));
  if (late) {
    throw new Error(
      `The "${late.type}" at "${path}" would be lost in JSON Schema: it checks the result of a transformation. Check the input with checkAs() before it.`,
    );
  }
  for (const [key, field] of Object.entries(entries)) {
    refuseLateRules(field, `${path}/${key}`, seen);
  }
  const parts = [...pipe, ...options, ...items, of.item, of.wrapped, of.key, of.value, of.rest];
  for (const part of parts) refuseLateRules(part, path, seen);
  // A getter may return a new schema at each call, endlessly.
  if (of.getter && !seen.has(of.getter)) {
    seen.add(of.getter);
    refuseLateRules(of.getter(undefined), path, seen);
  }
}

const isSchema = (part: unknown): part is Item =>
  typeof part === "object" && part !== null && "kind" in part && part.kind === "schema";

const flatten = (pipe: readonly Item[]): Item[] =>
  pipe.flatMap((item) => ("pipe" in item ? flatten(item.pipe as Item[]) : item));

/** Transformations that only affect types. */
const OF_TYPES = new Set(["brand", "flavor", "readonly"]);

function lateRule([_first, ...rest]: readonly Item[]): Item | undefined {
  const start = rest.findIndex(
    ({ kind, type }) => kind === "schema" || (kind === "transformation" && !OF_TYPES.has(type)),
  );
  const changed = start < 0 ? [] : rest.slice(start);
  return changed.find(({ kind }) => kind === "schema" || kind === "validation");
}
