// Every route of a router, with all that stands in front of its handler.
import type { RequestHandler, Router } from "express";
import { isRouter, ownLayers } from "./layers";

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
export function* routesOf(
  router: Router,
  mount: string | undefined = "",
  before: readonly RequestHandler[] = [],
): Generator<FoundRoute> {
  const passed: { path: string | undefined; handler: RequestHandler }[] = [];
  for (const { rawPath, route, handle } of ownLayers(router)) {
    const path = join(mount, rawPath);
    const inFront = passed
      .filter((layer) => isBelow(layer.path, path))
      .map((layer) => layer.handler);
    const handlers = [...before, ...inFront];
    if (route) {
      for (const method of new Set(route.stack.map((layer) => layer.method))) {
        const own = route.stack.filter((layer) => layer.method === method || !layer.method);
        yield {
          method,
          path: path || "/",
          handlers: [...handlers, ...own.map((layer) => layer.handle)],
        };
      }
    } else if (isRouter(handle)) yield* routesOf(handle, path, handlers);
    else passed.push({ path, handler: handle });
  }
}

/** A root adds nothing to where it is mounted. */
function join(mount: string | undefined, path: unknown): string | undefined {
  if (mount === undefined || typeof path !== "string") return undefined;
  return path === "/" ? mount : mount + path;
}

const isBelow = (mount: string | undefined, path: string | undefined): boolean =>
  mount !== undefined && path !== undefined && (path === mount || path.startsWith(`${mount}/`));
