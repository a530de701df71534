// Makes the OpenAPI document of what routes say of themselves.
import { STATUS_CODES } from "node:http";
import type * as ToJsonSchema from "@valibot/to-json-schema";
import type { Router } from "express";
import * as v from "valibot";
import type { RouteDescription, SecurityDescription } from "../http/description";
import { toJsonSchema } from "../http/json-schema";
import { type DescribedRoute, describedRoutes } from "./descriptions";
import { withExamples } from "./examples";
import { type JsonSchema, nameSchemas } from "./named-schemas";
import { PROBLEM, problemResponse } from "./problem-responses";

/** What the document is about. */
export interface ApiInfo {
  title: string;
  version: string;
  description?: string;
}

/** An OpenAPI document. @see https://spec.openapis.org/oas/v3.1.1.html */
export interface OpenApiDocument {
  openapi: "3.1.1";
  info: ApiInfo;
  servers: { url: string }[];
  paths: Record<string, Record<string, object>>;
  components: {
    schemas: Record<string, object>;
    responses: Record<string, object>;
    securitySchemes?: Record<string, object>;
  };
}

/** What a route says that contradicts itself, or that OpenAPI cannot say; its message begins with the route. */
export class DescriptionError extends Error {
  override readonly name = "DescriptionError";
}

/** A route whose words OpenAPI has. */
interface Documented {
  method: string;
  path: string;
  description: RouteDescription;
}

/**
 * The document of all routes that are described; the others are left out.
 * @throws DescriptionError when a route contradicts itself, or has a schema that JSON Schema cannot say.
 */
export function openApiDocument(router: Router, info: ApiInfo): OpenApiDocument {
  const schemas: Record<string, object> = { Problem: PROBLEM };
  const securitySchemes: Record<string, object> = {};
  const paths: OpenApiDocument["paths"] = {};
  const templates: Record<string, string> = {};
  const operationIds = new Set<string>();
  for (const route of describedRoutes(router)) {
    const name = nameOf(route);
    try {
      const documented = document(route);
      if (!documented) continue;
      const security = route.descriptions.flatMap(({ security }) => security ?? []);
      for (const { name, scheme } of security) securitySchemes[name] = scheme;
      const described = operationOf(documented, schemas);
      const operation = {
        ...described,
        operationId: ownName(described.operationId, operationIds),
        security: requirementsOf(security),
      };
      const template = templateOf(documented.path);
      const same = (templates[template.replace(/\{\w+\}/g, "{}")] ??= template);
      if (same !== template) throw new Error(`Its path is ${same}: give the parameters one name.`);
      const methods = (paths[template] ??= {});
      if (methods[documented.method]) throw new Error("It is described twice.");
      methods[documented.method] = operation;
    } catch (err) {
      throw new DescriptionError(`${name}: ${(err as Error).message}`);
    }
  }
  return {
    openapi: "3.1.1",
    info,
    // Wherever the document is found, behind a prefix that a proxy has taken away, too.
    servers: [{ url: "." }],
    paths,
    components: {
      schemas,
      responses: { Problem: problemResponse("Any other problem.", 500) },
      ...(Object.keys(securitySchemes).length > 0 && { securitySchemes }),
    },
  };
}

/** All of them are asked for; without any, none is. */
function requirementsOf(security: readonly SecurityDescription[]): object[] {
  const all: Record<string, string[]> = {};
  for (const { name, scopes } of security) (all[name] ??= []).push(...scopes);
  return security.length > 0 ? [all] : [];
}

/** The routes that say nothing of themselves, such as `GET /notes`. */
export const undescribedRoutes = (router: Router): string[] =>
  describedRoutes(router)
    .filter(({ descriptions }) => !descriptions.some(isOfRoute))
    .map(nameOf);

const nameOf = ({ method = "all", path = "a pattern" }: DescribedRoute): string =>
  `${method.toUpperCase()} ${path}`;

const isOfRoute = (description: object): description is RouteDescription =>
  "answers" in description;

function document({ method, path, descriptions }: DescribedRoute): Documented | undefined {
  const [description, second] = descriptions.filter(isOfRoute);
  if (!description) return undefined;
  if (second) throw new Error("It is described twice.");
  if (method === undefined) throw new Error("A route for all methods cannot be described.");
  if (!METHODS.includes(method)) throw new Error("OpenAPI has no such method.");
  if (path === undefined || !/^[^*{}()[\]?+!\\":]*$/.test(path.replace(/:\w+/g, ""))) {
    throw new Error("Only a path of plain segments and :parameters can be described.");
  }
  // Middleware in front of it has problems of its own.
  const problems = Object.assign(
    {},
    ...descriptions.map(({ problems }) => problems),
  ) as NonNullable<RouteDescription["problems"]>;
  refuseStatuses(description);
  return { method, path, description: { ...description, problems } };
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

function refuseStatuses(description: RouteDescription): void {
  const { answers, problems = {} } = description;
  for (const status of Object.keys(problems)) {
    if (!/^[45]\d\d$/.test(status)) throw new Error(`${status} is no problem's status.`);
    if (status in answers) throw new Error(`Its ${status} is both an answer and a problem.`);
  }
  for (const status of Object.keys(usualProblems(description))) {
    if (status in answers) throw new Error(`Its ${status} is a problem already, by its checks.`);
  }
  for (const [status, answer] of Object.entries(answers)) {
    if (!/^[2-5]\d\d$/.test(status)) throw new Error(`${status} is no answer's status.`);
    if (answer && ["204", "205", "304"].includes(status)) {
      throw new Error(`A ${status} has no body: describe it by null.`);
    }
  }
}

const templateOf = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

function operationOf({ method, path, description }: Documented, named: Record<string, object>) {
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
const usualProblems = ({ params, query, body }: RouteDescription) =>
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

/** The name, with a number where another operation has it: `/a/by-id` after `/a/:id`. */
function ownName(name: string, taken: Set<string>): string {
  let own = name;
  for (let nr = 2; taken.has(own); nr++) own = `${name}${nr}`;
  taken.add(own);
  return own;
}

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
