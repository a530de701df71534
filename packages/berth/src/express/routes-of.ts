// Lists every route of a router, with all middleware that runs before its handler.
import { METHODS } from "node:http";
import type { RequestHandler, Router } from "express";
import { isRouter, type Layer, ownLayers } from "./layers";

/** A route as requests reach it. */
export interface FoundRoute {
  /** In lower case; undefined for a route that handles all methods. */
  method: string | undefined;
  /** The pattern, mount paths included; undefined if it is not a string. */
  path: string | undefined;
  /** What a request passes before the route, in order: middleware, and routes that may call `next()`. */
  before: readonly RequestHandler[];
  /** The route's own handlers. */
  own: readonly RequestHandler[];
}

/** A handler that may call `next()`, and which requests it gets. */
interface Passed {
  handler: RequestHandler;
  isFor: (method: string | undefined, path: string) => boolean;
}

/** Finds the routes of a router and of the routers mounted in it, in matching order. */
export const routesOf = (router: Router): FoundRoute[] => [...find(router, "", [])];

/**
 * @param before The handlers that a request has passed before this router.
 * @returns The handlers of this router that a request has passed when it leaves by `next()`.
 */
function* find(
  router: Router,
  mount: string | undefined,
  before: readonly Passed[],
): Generator<FoundRoute, Passed[]> {
  const passed: Passed[] = [];
  for (const layer of ownLayers(router)) {
    const { route, handle } = layer;
    const beforeLayer = [...before, ...passed];
    for (const path of pathsOf(mount, layer.rawPath)) {
      if (route) yield* byMethod(route, path, beforeLayer);
      else if (isRouter(handle)) passed.push(...(yield* find(handle, path, beforeLayer)));
    }
    if (!isRouter(handle)) passed.push(...passedAt(layer, mount));
  }
  return passed;
}

type Route = NonNullable<Layer["route"]>;

/** The route, once for each method that it handles. */
function* byMethod(
  route: Route,
  path: string | undefined,
  passed: readonly Passed[],
): Generator<FoundRoute> {
  for (const method of methodsOf(route)) {
    const before = passed.filter(({ isFor }) => path !== undefined && isFor(method, path));
    const own = route.stack.filter((layer) => layer.method === method || !layer.method || !method);
    yield {
      method,
      path: path === "" ? "/" : path,
      before: before.map(({ handler }) => handler),
      own: [...new Set(own.map((layer) => layer.handle))],
    };
  }
}

/** An app's `all` lists every method, a router's none; beside other methods it is middleware. */
function methodsOf(route: Route): Set<string | undefined> {
  const methods = new Set(route.stack.flatMap(({ method }) => method ?? []));
  return methods.size === 0 || methods.size >= METHODS.length ? new Set([undefined]) : methods;
}

function passedAt(layer: Layer, mount: string | undefined): Passed[] {
  const isAt = (path: string): boolean =>
    mount !== undefined &&
    path.startsWith(mount) &&
    Boolean(layer.match(path.slice(mount.length) || "/"));
  if (!layer.route) return [{ handler: layer.handle, isFor: (_method, path) => isAt(path) }];
  return layer.route.stack.map(({ handle, method: own }) => ({
    handler: handle,
    isFor: (method, path) => (own === undefined || own === method) && isAt(path),
  }));
}

/** The full paths of a layer, several for a list. `/` adds nothing to the mount path. */
function pathsOf(mount: string | undefined, path: unknown): (string | undefined)[] {
  const paths: unknown[] = Array.isArray(path) ? path : [path];
  return paths.map((one) => {
    if (mount === undefined || typeof one !== "string") return undefined;
    return one === "/" ? mount : mount + one;
  });
}
