// Every route of a router, with all that stands in front of its handler.
import { METHODS } from "node:http";
import type { RequestHandler, Router } from "express";
import { isRouter, type Layer, ownLayers } from "./layers";

/** A route as requests find it. */
export interface FoundRoute {
  /** In lower case; undefined for one that takes all. */
  method: string | undefined;
  /** Its pattern, mount paths included; undefined where it is no text. */
  path: string | undefined;
  /** What a request passes, middleware before it included, in this order. */
  handlers: readonly RequestHandler[];
}

/** Finds the routes of a router and of those mounted in it, in the order in which they are asked. */
export const routesOf = (router: Router): FoundRoute[] => [...find(router, "", [])];

function* find(
  router: Router,
  mount: string | undefined,
  before: readonly RequestHandler[],
): Generator<FoundRoute> {
  const passed: { path: string | undefined; handler: RequestHandler }[] = [];
  for (const { rawPath, route, handle } of ownLayers(router)) {
    const path = join(mount, rawPath);
    const inFront = passed
      .filter((layer) => isBelow(layer.path, path))
      .map((layer) => layer.handler);
    const handlers = [...before, ...inFront];
    if (route) {
      for (const method of methodsOf(route)) {
        const own = route.stack.filter(
          (layer) => layer.method === method || !layer.method || !method,
        );
        yield {
          method,
          path: path === "" ? "/" : path,
          handlers: [...handlers, ...new Set(own.map((layer) => layer.handle))],
        };
      }
    } else if (isRouter(handle)) yield* find(handle, path, handlers);
    else passed.push({ path, handler: handle });
  }
}

/** An app's `all` names each method that there is, a router's none. */
function methodsOf(route: NonNullable<Layer["route"]>): Set<string | undefined> {
  const methods = new Set(route.stack.map(({ method }) => method));
  return methods.size >= METHODS.length ? new Set([undefined]) : methods;
}

/** A root adds nothing to where it is mounted. */
function join(mount: string | undefined, path: unknown): string | undefined {
  if (mount === undefined || typeof path !== "string") return undefined;
  return path === "/" ? mount : mount + path;
}

const isBelow = (mount: string | undefined, path: string | undefined): boolean =>
  mount !== undefined && path !== undefined && (path === mount || path.startsWith(`${mount}/`));
