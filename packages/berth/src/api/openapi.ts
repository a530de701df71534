// Makes the OpenAPI document of what routes say of themselves.
import type { Router } from "express";
import type { RouteDescription, SecurityDescription } from "../http/description";
import { type DescribedRoute, describedRoutes } from "./descriptions";
import { type Documented, operationOf, usualProblems } from "./operation";
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

/** The name, with a number where another operation has it: `/a/by-id` after `/a/:id`. */
function ownName(name: string, taken: Set<string>): string {
  let own = name;
  for (let nr = 2; taken.has(own); nr++) own = `${name}${nr}`;
  taken.add(own);
  return own;
}
