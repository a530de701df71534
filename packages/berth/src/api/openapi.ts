// Makes the OpenAPI document from the descriptions of routes.
import type { Router } from "express";
import { routesOf } from "../express/routes-of";
import {
  type Description,
  descriptionOf,
  type RouteDescription,
  type SecurityDescription,
} from "../schema/description";
import { type HeaderDescriptions, partsOf } from "../schema/response";
import { type Documented, operationOf } from "./operation";
import { PROBLEM, problemResponse } from "./problem-responses";
import { validationProblems } from "./responses";

/** The `info` of the OpenAPI document. */
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

/** A route's description contradicts itself, or OpenAPI cannot express it. The message begins with the route. */
export class DescriptionError extends Error {
  override readonly name = "DescriptionError";
}

/**
 * Makes the document of all described routes; other routes are left out.
 * @throws DescriptionError when a description contradicts itself, or JSON Schema cannot express a schema.
 */
export function openApiDocument(router: Router, info: ApiInfo): OpenApiDocument {
  const schemas: Record<string, object> = { Problem: PROBLEM };
  const securitySchemes: Record<string, object> = {};
  const paths: OpenApiDocument["paths"] = {};
  /** Path templates, by the template without the parameters' names. */
  const templates: Record<string, string> = {};
  const operationIds = new Set<string>();
  for (const route of describedRoutes(router)) {
    const name = nameOf(route);
    try {
      const documented = documentedRoute(route);
      if (!documented) continue;
      const security = route.descriptions.flatMap(({ security }) => security ?? []);
      for (const { name, scheme } of security) securitySchemes[name] = scheme;
      const described = operationOf(documented, schemas);
      const operation = {
        ...described,
        operationId: uniqueName(described.operationId, operationIds),
        security: requirementsOf(security),
      };
      const template = templateOf(documented.path);
      const first = (templates[template.replace(/\{\w+\}/g, "{}")] ??= template);
      if (first !== template)
        throw new Error(`The same path is described as ${first}: use the same parameter names.`);
      const operations = (paths[template] ??= {});
      if (operations[documented.method]) throw new Error(SAME_ROUTE);
      operations[documented.method] = operation;
    } catch (err) {
      throw new DescriptionError(`${name}: ${(err as Error).message}`);
    }
  }
  return {
    openapi: "3.1.1",
    info,
    // Relative to the document's URL, so it also works behind a proxy that removes a path prefix.
    servers: [{ url: "." }],
    paths,
    components: {
      schemas,
      responses: { Problem: problemResponse("Any other problem.", 500) },
      ...(Object.keys(securitySchemes).length > 0 && { securitySchemes }),
    },
  };
}

const SAME_ROUTE =
  "Another route with this method and path is described: describe only one of them.";

/** One requirement with all schemes: they are required together. An empty list means none. */
function requirementsOf(security: readonly SecurityDescription[]): object[] {
  const all: Record<string, string[]> = {};
  for (const { name, scopes } of security) (all[name] ??= []).push(...scopes);
  return security.length > 0 ? [all] : [];
}

/** A route with the descriptions that apply to it. */
interface DescribedRoute {
  /** In lower case; undefined for a route that handles all methods. */
  method: string | undefined;
  /** Express' path, mount paths included; undefined for a regular expression. */
  path: string | undefined;
  descriptions: readonly Description[];
}

/** Every route of a router that is not hidden, in matching order. */
const describedRoutes = (router: Router): DescribedRoute[] =>
  routesOf(router)
    .map(({ method, path, before, own }) => ({
      method,
      path,
      descriptions: [
        // The description of an earlier route does not apply to this one.
        ...before.map(descriptionOf).filter((description) => !description?.responses),
        ...own.map(descriptionOf),
      ].filter((description) => description !== undefined),
    }))
    .filter(({ descriptions }) => !descriptions.some(({ isHidden }) => isHidden));

/** The routes without a description, such as `GET /notes`. */
export const undescribedRoutes = (router: Router): string[] =>
  describedRoutes(router)
    .filter(({ descriptions }) => !descriptions.some(isOfRoute))
    .map(nameOf);

const nameOf = ({ method = "all", path = "a pattern" }: DescribedRoute): string =>
  `${method.toUpperCase()} ${path}`;

const isOfRoute = (description: object): description is RouteDescription =>
  "responses" in description;

/** Checks what OpenAPI can describe; undefined for a route without a description. */
function documentedRoute({ method, path, descriptions }: DescribedRoute): Documented | undefined {
  const [description, second] = descriptions.filter(isOfRoute);
  if (!description) return undefined;
  if (second) throw new Error("It has two descriptions: keep one describeRoute().");
  if (method === undefined) throw new Error("A route for all methods cannot be described.");
  if (!METHODS.includes(method)) throw new Error("OpenAPI does not support this method.");
  if (path === undefined || !/^[^*{}()[\]?+!\\":]*$/.test(path.replace(/:\w+/g, ""))) {
    throw new Error("Only a path of plain segments and :parameters can be described.");
  }
  // Those of middleware before the route, and its own.
  const problems = Object.assign(
    {},
    ...descriptions.map(({ problems }) => problems),
  ) as NonNullable<RouteDescription["problems"]>;
  const headers = Object.assign(
    {},
    ...descriptions.map(({ headers }) => headers),
  ) as HeaderDescriptions;
  checkStatuses(description);
  return { method, path, description: { ...description, problems, headers } };
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

function checkStatuses(description: RouteDescription): void {
  const { responses, problems = {} } = description;
  for (const status of Object.keys(problems)) {
    if (!/^[45]\d\d$/.test(status)) throw new Error(`${status} is not an error status.`);
    if (status in responses)
      throw new Error(`Status ${status} is both in responses and in problems.`);
  }
  for (const status of Object.keys(validationProblems(description))) {
    if (status in responses)
      throw new Error(`Status ${status} is already a problem of the request's validation.`);
  }
  for (const [status, response] of Object.entries(responses)) {
    if (!/^[2-5]\d\d$/.test(status)) throw new Error(`${status} is not a response status.`);
    if (partsOf(response).bodies.length > 0 && ["204", "205", "304"].includes(status)) {
      throw new Error(`A ${status} has no body: describe it by null.`);
    }
  }
}

const templateOf = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

/** Returns the name, with a number if it is taken: `/a/:id` and `/a/by-id` would have the same one. */
function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let number = 2; taken.has(unique); number++) unique = `${name}${number}`;
  taken.add(unique);
  return unique;
}
