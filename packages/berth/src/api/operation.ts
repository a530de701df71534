// Makes the OpenAPI operation for one route.
import { STATUS_CODES } from "node:http";
import type * as ToJsonSchema from "@valibot/to-json-schema";
import * as v from "valibot";
import type { RouteDescription } from "../schema/description";
import { entriesOf, fileFieldsOf } from "../schema/file";
import { toJsonSchema } from "../schema/json-schema";
import { type JsonSchema, nameSchemas } from "./named-schemas";
import { problemResponse, validationResponse } from "./problem-responses";

/** A route that OpenAPI can describe. */
export interface Documented {
  method: string;
  path: string;
  description: RouteDescription;
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
  const { summary, description: text, tag, params, query, body, form, responses } = description;
  const schemaOf = (schema: v.GenericSchema) => nameSchemas(convert(schema), named) as JsonSchema;
  const pathNames = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  const querySchema = query && convert(query);
  const parameters = [
    ...parametersOf("path", params && convert(params), pathNames),
    ...parametersOf("query", querySchema),
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
    ...(body && { requestBody: { required: true, content: jsonOf(schemaOf(body)) } }),
    ...(form && { requestBody: { required: true, content: formOf(form, schemaOf(form)) } }),
    responses: {
      ...mapValues(validationProblems(description), (when, status) =>
        validationResponse(when, Number(status)),
      ),
      ...mapValues(description.problems ?? {}, (problem, status) =>
        typeof problem === "string"
          ? problemResponse(problem, Number(status))
          : problemResponse(problem.when, Number(status), {
              members: schemaOf(v.object(problem.members)),
            }),
      ),
      ...mapValues(responses, (response, status) => ({
        description: STATUS_CODES[status] ?? status,
        ...(response && {
          content:
            "mediaType" in response ? contentOf(response.mediaType) : jsonOf(schemaOf(response)),
        }),
      })),
      default: { $ref: "#/components/responses/Problem" },
    },
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

/** The problems of the request's validation. */
export const validationProblems = ({ params, query, body, form }: RouteDescription) =>
  ({
    ...((query ?? body ?? form) && {
      400: "The request is malformed; `errors` lists what is wrong with its query.",
    }),
    ...(params && { 404: "There is nothing at this path." }),
    ...(body && {
      413: "The body is too large.",
      415: "The body is not JSON.",
      422: "Some fields are not valid; `errors` lists them.",
    }),
    ...(form && {
      413: "The form, or one of its files, is too large.",
      415: "The body is not a form.",
      422: "Some fields are not valid; `errors` lists them.",
    }),
  }) as Record<number, string>;

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
function formOf(form: v.GenericSchema, schema: JsonSchema) {
  const files = [...fileFieldsOf(entriesOf(form))];
  const encoding = files.flatMap(([name, { rule }]) =>
    rule.types ? [[name, { contentType: rule.types.join(", ") }]] : [],
  );
  if (files.length === 0)
    return { "application/x-www-form-urlencoded": { schema }, "multipart/form-data": { schema } };
  return {
    "multipart/form-data": {
      schema,
      ...(encoding.length > 0 && { encoding: Object.fromEntries(encoding) as object }),
    },
  };
}

const jsonOf = (schema: JsonSchema) => ({ "application/json": { schema } });

/** Text, or bytes, which no schema describes. */
const contentOf = (mediaType: string) => ({
  [mediaType]: /^text\/|[/+]xml$/.test(mediaType) ? { schema: { type: "string" } } : {},
});

const mapValues = <T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));

/** Loaded with the first request for the document. */
const loadConverter = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("@valibot/to-json-schema") as typeof ToJsonSchema).toJsonSchema;
