// The pattern of the route that handles a request, such as `/notes/:id`: one name for all its paths.
import type { IRoute, Request, Router } from "express";
import { isRouter, ownLayers } from "./layers";

/** By route; undefined for a route mounted in several places. */
const patterns = new WeakMap<object, string | undefined>();

/** Records the pattern of every route, mount paths included; call it after all routes have been added. */
export function recordPatterns(router: Router, mount = ""): void {
  for (const { rawPath, route, handle } of ownLayers(router)) {
    const pattern = join(mount, String(rawPath));
    if (route) patterns.set(route, patterns.has(route) ? undefined : pattern || "/");
    else if (isRouter(handle)) recordPatterns(handle, pattern);
  }
}

/** Undefined until a route has matched. A route without one recorded pattern gets the mount path as it was sent. */
export function routePattern({ route, baseUrl }: Request): string | undefined {
  if (route === undefined) return undefined;
  const found = route as IRoute;
  return patterns.get(found) ?? (join(baseUrl, String(found.path)) || "/");
}

/**
 * Of as few values as there are routes, whatever clients send: a route without one recorded pattern gets its own path behind
 * a `*`, as in `*\/:id`. Undefined until a route has matched.
 */
export function boundedPattern({ route }: Request): string | undefined {
  if (route === undefined) return undefined;
  const found = route as IRoute;
  return patterns.get(found) ?? `*${String(found.path)}`;
}

/** `/` adds nothing to the mount path. */
const join = (mount: string, path: string): string => (path === "/" ? mount : mount + path);
