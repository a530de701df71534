// Hangs what is said of a route on the middleware that sees to it, where the documentation finds it.
import type { RequestHandler, Router } from "express";
import { routesOf } from "../express/routes-of";
import type { RouteDescription } from "./describe-route";

/** How a client shows who it is. @see https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object */
export interface SecurityDescription {
  /** What the scheme is called, such as `bearer`. */
  name: string;
  scheme: Readonly<Record<string, unknown>>;
  scopes: readonly string[];
}

/** What middleware says of the routes behind it; a route's own description comes from `describeRoute`. */
export interface Description extends Partial<RouteDescription> {
  security?: SecurityDescription;
}

const DESCRIPTION = Symbol("description");

/** Says something of all routes that this middleware stands in front of. */
export const describes = (middleware: RequestHandler, description: Description): RequestHandler =>
  Object.assign(middleware, { [DESCRIPTION]: description });

const descriptionOf = (middleware: RequestHandler): Description | undefined =>
  (middleware as { [DESCRIPTION]?: Description })[DESCRIPTION];

/** A route, and all that is said of it. */
export interface DescribedRoute {
  /** In lower case; undefined for one that takes all. */
  method: string | undefined;
  /** As Express has it, mount paths included; undefined for a regular expression or a list. */
  path: string | undefined;
  descriptions: readonly Description[];
}

/** Every route of a router, in the order in which they are asked. */
export const describedRoutes = (router: Router): DescribedRoute[] =>
  routesOf(router).map(({ method, path, handlers }) => ({
    method,
    path,
    descriptions: handlers.map(descriptionOf).filter((description) => description !== undefined),
  }));
