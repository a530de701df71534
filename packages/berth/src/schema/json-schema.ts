// Converts valibot schemas to JSON Schema; a rule that would be lost is an error.
import * as v from "valibot";
import type { FileSchema } from "./file";

/** JSON Schema keywords, such as `{ maxLength: 5 }`. */
export type Keywords = Readonly<Record<string, unknown>>;

/**
 * A check with its equivalent in JSON Schema, which appears in the OpenAPI document.
 * @param keywords If no keyword expresses the check, a `description`.
 * @param message What the client reads about its value: "must be …".
 */
export const checkAs = <T>(keywords: Keywords, isValid: (value: T) => boolean, message: string) =>
  Object.assign(v.check<T, string>(isValid, message), { keywords });

/**
 * The JSON Schema (2020-12) of what clients may send; for a query parameter, of the value that its text stands for.
 * @param convert `toJsonSchema` of `@valibot/to-json-schema`; an argument, so that it is loaded only where schemas are
 *   converted.
 * @throws Error when a rule would be lost.
 */
export function toJsonSchema<J extends object>(schema: v.GenericSchema, convert: Convert<J>): J {
  refuseRulesOfResults(schema, "", new Set());
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

/** The converter knows neither `checkAs` nor a second pattern; it rejects transformations, which are no rule for the input. */
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

/** Adds keywords; one that is already there goes into `allOf`. A `type` replaces `string`, as for a query's numbers. */
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

/**
 * The converter does not know files. A query's defaults are text, as a client would send them: they are converted to the
 * type of the value.
 * @see https://spec.openapis.org/oas/v3.1.1.html#working-with-binary-data
 */
function overrideSchema<J>({ valibotSchema, jsonSchema }: SchemaContext<J>): J | undefined {
  const { fileRule } = valibotSchema as Partial<FileSchema>;
  if (fileRule) {
    return { ...jsonSchema, type: "string", format: "binary", maxLength: fileRule.maxBytes };
  }
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

/** The converter silently drops rules after a transformation: they check its result, not the input. */
function refuseRulesOfResults(schema: unknown, path: string, seen: Set<unknown>): void {
  if (!isSchema(schema) || seen.has(schema)) return;
  seen.add(schema);
  const {
    pipe = [],
    entries = {},
    options = [],
    items = [],
    ...rest
  } = schema as Partial<Composite>;
  const lost = ruleOfResult(flatten(pipe));
  if (lost) {
    throw new Error(
      `The "${lost.type}" at "${path}" would be lost in JSON Schema: it checks the result of a transformation. Check the input with checkAs() before it.`,
    );
  }
  for (const [key, field] of Object.entries(entries)) {
    refuseRulesOfResults(field, `${path}/${key}`, seen);
  }
  const { item, wrapped, key, value, rest: otherItems, getter } = rest;
  const parts = [...pipe, ...options, ...items, item, wrapped, key, value, otherItems];
  for (const part of parts) refuseRulesOfResults(part, path, seen);
  // The getter of a recursive schema (v.lazy) may return a new one at each call.
  if (getter && !seen.has(getter)) {
    seen.add(getter);
    refuseRulesOfResults(getter(undefined), path, seen);
  }
}

const isSchema = (part: unknown): part is Item =>
  typeof part === "object" && part !== null && "kind" in part && part.kind === "schema";

const flatten = (pipe: readonly Item[]): Item[] =>
  pipe.flatMap((item) => ("pipe" in item ? flatten(item.pipe as Item[]) : item));

/** Transformations that change only the type, not the value. */
const TYPE_ONLY = new Set(["brand", "flavor", "readonly"]);

/** The first rule of a pipe that checks the result of a transformation. */
function ruleOfResult([_schema, ...items]: readonly Item[]): Item | undefined {
  const start = items.findIndex(
    ({ kind, type }) => kind === "schema" || (kind === "transformation" && !TYPE_ONLY.has(type)),
  );
  const afterwards = start < 0 ? [] : items.slice(start);
  return afterwards.find(({ kind }) => kind === "schema" || kind === "validation");
}
