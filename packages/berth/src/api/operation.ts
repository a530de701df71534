// Makes the OpenAPI operation for one route.
import type * as ToJsonSchema from "@valibot/to-json-schema";
import type * as v from "valibot";
import { entriesOf, fileFieldsOf } from "../schema/file";
import { toJsonSchema } from "../schema/json-schema";
import { type JsonSchema, nameSchemas } from "./named-schemas";
import type { Examples } from "../schema/response";
import { type DescribedResponses, examplesOf, responsesOf } from "./responses";

/** A route that OpenAPI can describe. */
export interface Documented {
  method: string;
  path: string;
  description: DescribedResponses;
}

/**
 * Makes the operation for a route.
 * @param named Collects the schemas that have a title.
 * @throws Error when the description contradicts itself, or JSON Schema cannot express a schema.
 */
export function operationOf(
  { method, path, description }: Documented,
  named: Record<string, object>,
) {
  const { summary, description: text, tag, params, query, body, form, examples } = description;
  const schemaOf = (schema: v.GenericSchema) => nameSchemas(convert(schema), named) as JsonSchema;
  const pathNames = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  const querySchema = query && convert(query);
  const parameters = [
    ...parametersOf("path", params && convert(params), pathNames),
    ...parametersOf("query", querySchema),
    ...(description.isIdempotent ? [IDEMPOTENCY_KEY] : []),
  ];
  // OpenAPI describes each parameter, but not the query as a whole.
  const texts = [text, querySchema?.description as string | undefined].filter(Boolean);
  if (body && form) throw new Error("It has both a JSON body and a form: describe one of them.");
  if ((body ?? form) && ["get", "head"].includes(method)) throw new Error("It cannot have a body.");
  return {
    summary,
    ...(texts.length > 0 && { description: texts.join("\n\n") }),
    operationId: operationIdOf(method, path),
    tags: [tag ?? (path.split("/")[1] || "service")],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemaOf(body), ...examplesOf(body, examples) } },
      },
    }),
    ...(form && {
      requestBody: { required: true, content: formOf(form, schemaOf(form), examples) },
    }),
    ...(description.isDeprecated && { deprecated: true }),
    responses: responsesOf(description, schemaOf),
  };
}

function convert(schema: v.GenericSchema): JsonSchema {
  const { $schema: _dialect, ...keywords } = toJsonSchema(schema, loadConverter());
  return withExamples(keywords) as JsonSchema;
}

const EXAMPLES_BY_FORMAT: Readonly<Record<string, string>> = {
  int64: "1",
  date: "2026-11-01",
  "date-time": "2026-11-01T12:30:00Z",
};

const EXAMPLE_TEXT = "Some text";

/** Adds an example to each string with a pattern, if one matches: those that tools generate from patterns are unreadable. */
function withExamples(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withExamples);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).map(([key, value]) => [key, withExamples(value)]);
  const completed = Object.fromEntries(members) as JsonSchema;
  if (completed.type !== "string" || typeof completed.pattern !== "string" || completed.examples)
    return completed;
  const example = exampleOf(completed);
  return new RegExp(completed.pattern).test(example)
    ? { ...completed, examples: [example] }
    : completed;
}

function exampleOf({ format, minLength = 0, maxLength }: JsonSchema): string {
  const known = EXAMPLES_BY_FORMAT[String(format)];
  return (
    known ??
    EXAMPLE_TEXT.slice(0, Number(maxLength ?? EXAMPLE_TEXT.length)).padEnd(Number(minLength), ".")
  );
}

function parametersOf(
  place: "path" | "query",
  schema: JsonSchema | undefined,
  names?: readonly string[],
): object[] {
  const {
    type,
    properties = {},
    required = [],
    ...others
  } = (schema ?? { type: "object" }) as {
    type?: unknown;
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  if (type !== "object") throw new Error(`Its ${place} must be an object of fields.`);
  const lost = Object.keys(others).find((keyword) => !IGNORED_KEYWORDS.has(keyword));
  if (lost)
    throw new Error(`Its ${place} has the rule ${lost}, which OpenAPI supports only in bodies.`);
  const described = Object.keys(properties);
  const unknown = names && described.find((name) => !names.includes(name));
  if (unknown) throw new Error(`It describes the parameter ${unknown}, which is not in its path.`);
  return (names ?? described).map((name) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: properties[name] ?? { type: "string" },
  }));
}

/** @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "A key of the client's choice, with which it may send the request again.",
  schema: { type: "string", pattern: "^[!#-~]{1,255}$", examples: ["8e03978e"] },
};

/** Keywords of the object that say nothing about its parameters, or that are used elsewhere. */
const IGNORED_KEYWORDS = new Set(["additionalProperties", "title", "description", "examples"]);

/** `GET /notes/:id` is `getNotesById`, `GET /` `getRoot`. */
const operationIdOf = (method: string, path: string): string =>
  method +
  (path === "/" ? "/root" : path)
    .split("/")
    .filter(Boolean)
    .map((segment) =>
      segment
        .replace(/^:/, "by-")
        .replace(/(^|\W+|_)(\w)/g, (_all, _sep, letter: string) => letter.toUpperCase()),
    )
    .join("");

/** A form without files may be sent in two ways; a file's types are those of its part. */
function formOf(form: v.GenericSchema, schema: JsonSchema, examples: Examples | undefined) {
  const files = [...fileFieldsOf(entriesOf(form))];
  const encoding = files.flatMap(([name, { rule }]) =>
    rule.types ? [[name, { contentType: rule.types.join(", ") }]] : [],
  );
  if (files.length === 0) {
    const media = { schema, ...examplesOf(form, examples) };
    return { "application/x-www-form-urlencoded": media, "multipart/form-data": media };
  }
  if (examples) throw new Error("A form with files cannot have examples.");
  return {
    "multipart/form-data": {
      schema,
      ...(encoding.length > 0 && { encoding: Object.fromEntries(encoding) as object }),
    },
  };
}

/** Loaded with the first request for the document. */
const loadConverter = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("@valibot/to-json-schema") as typeof ToJsonSchema).toJsonSchema;
