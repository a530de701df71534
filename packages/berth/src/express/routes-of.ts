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
  /** What a request has passed when it comes to the route, in this order: middleware, and routes that may pass it on. */
  before: readonly RequestHandler[];
  /** The route's own. */
  own: readonly RequestHandler[];
}

/** What requests pass that go on. */
interface Passed {
  handler: RequestHandler;
  isFor(method: string | undefined, path: string): boolean;
}

/** Finds the routes of a router and of those mounted in it, in the order in which they are asked. */
export const routesOf = (router: Router): FoundRoute[] => [...find(router, "", [])];

/** @returns What whoever goes on behind this router has passed in it. */
function* find(
  router: Router,
  mount: string | undefined,
  before: readonly Passed[],
): Generator<FoundRoute, Passed[]> {
  const passed: Passed[] = [];
  for (const layer of ownLayers(router)) {
    const { route, handle } = layer;
    const inFront = [...before, ...passed];
    for (const path of pathsOf(mount, layer.rawPath)) {
      if (route) yield* asked(route, path, inFront);
      else if (isRouter(handle)) passed.push(...(yield* find(handle, path, inFront)));
    }
    if (!isRouter(handle)) passed.push(...passedAt(layer, mount));
  }
  return passed;
}

type Route = NonNullable<Layer["route"]>;

/** The route, once for each method that it takes. */
function* asked(
  route: Route,
  path: string | undefined,
  inFront: readonly Passed[],
): Generator<FoundRoute> {
  for (const method of methodsOf(route)) {
    const before = inFront.filter((of) => path !== undefined && of.isFor(method, path));
    const own = route.stack.filter((layer) => layer.method === method || !layer.method || !method);
    yield {
      method,
      path: path === "" ? "/" : path,
      before: before.map(({ handler }) => handler),
      own: [...new Set(own.map((layer) => layer.handle))],
    };
  }
}

/** An app's `all` names each method that there is, a router's none; beside other methods it is middleware. */
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

/** Where a layer is: at each path of a list. A root adds nothing to where it is mounted. */
function pathsOf(mount: string | undefined, path: unknown): (string | undefined)[] {
  const paths: unknown[] = Array.isArray(path) ? path : [path];
  return paths.map((of) => {
    if (mount === undefined || typeof of !== "string") return undefined;
    return of === "/" ? mount : mount + of;
  });
}
