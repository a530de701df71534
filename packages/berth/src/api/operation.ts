// Makes the document's words for one route.
import { STATUS_CODES } from "node:http";
import type * as ToJsonSchema from "@valibot/to-json-schema";
import * as v from "valibot";
import type { RouteDescription } from "../http/description";
import { toJsonSchema } from "../http/json-schema";
import { withExamples } from "./examples";
import { type JsonSchema, nameSchemas } from "./named-schemas";
import { problemResponse } from "./problem-responses";

/** A route whose words OpenAPI has. */
export interface Documented {
  method: string;
  path: string;
  description: RouteDescription;
}

/**
 * The operation that a route is.
 * @param named Where schemas with a title are told; theirs are added.
 * @throws Error when the route contradicts itself, or has a schema that JSON Schema cannot say.
 */
export function operationOf(
  { method, path, description }: Documented,
  named: Record<string, object>,
) {
  const { summary, description: text, tag, params, query, body, answers } = description;
  const schemaOf = (schema: v.GenericSchema) => nameSchemas(convert(schema), named) as JsonSchema;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  const inQuery = query && convert(query);
  const parameters = [
    ...parametersOf("path", params && convert(params), inPath),
    ...parametersOf("query", inQuery),
  ];
  // A query as a whole has no other place for its words.
  const words = [text, inQuery?.description as string | undefined].filter(Boolean).join("\n\n");
  if (body && ["get", "head"].includes(method)) throw new Error("It cannot have a body.");
  return {
    summary,
    ...(words !== "" && { description: words }),
    operationId: operationIdOf(method, path),
    tags: [tag ?? (path.split("/")[1] || "service")],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: jsonOf(schemaOf(body)) } }),
    responses: {
      ...mapValues({ ...usualProblems(description), ...description.problems }, (problem, status) =>
        typeof problem === "string"
          ? problemResponse(problem, Number(status))
          : problemResponse(problem.when, Number(status), schemaOf(v.object(problem.members))),
      ),
      ...mapValues(answers, (answer, status) => ({
        description: STATUS_CODES[status] ?? status,
        ...(answer && {
          content: "mediaType" in answer ? contentOf(answer.mediaType) : jsonOf(schemaOf(answer)),
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

/** What the description's own checks answer. */
export const usualProblems = ({ params, query, body }: RouteDescription) =>
  ({
    ...((query ?? body) && {
      400: "The request is malformed; `errors` has what is wrong with its query.",
    }),
    ...(params && { 404: "There is nothing at this path." }),
    ...(body && {
      413: "The body is too large.",
      415: "The body is not JSON.",
      422: "Some fields are not valid; `errors` has them.",
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
  const lost = Object.keys(others).find((keyword) => !UNNEEDED.has(keyword));
  if (lost)
    throw new Error(`Its ${place} has the rule ${lost}, which OpenAPI can only say of a body.`);
  const described = Object.keys(properties);
  const unknown = names && described.find((name) => !names.includes(name));
  if (unknown) throw new Error(`It describes the parameter ${unknown}, which its path has not.`);
  return (names ?? described).map((name) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: properties[name] ?? { type: "string" },
  }));
}

/** What need not be said of parameters, or is said elsewhere. */
const UNNEEDED = new Set(["additionalProperties", "title", "description", "examples"]);

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

const jsonOf = (schema: JsonSchema) => ({ "application/json": { schema } });

/** A text, or what no schema can say anything of. */
const contentOf = (mediaType: string) => ({
  [mediaType]: /^text\/|[/+]xml$/.test(mediaType) ? { schema: { type: "string" } } : {},
});

const mapValues = <T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));

/** Loaded when the document is first asked for. */
const loadConverter = () =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  (require("@valibot/to-json-schema") as typeof ToJsonSchema).toJsonSchema;
