// The pattern of the route that a request has found, such as `/notes/:id`: one name for all paths that it answers.
import type { IRoute, Request, Router } from "express";
import { isRouter, ownLayers } from "./layers";

/** By route; undefined for one that is mounted in several places. */
const patterns = new WeakMap<object, string | undefined>();

/** Notes the pattern of every route, mount paths included; to be called once all of them are in place. */
export function nameRoutes(router: Router, mount = ""): void {
  for (const { rawPath, route, handle } of ownLayers(router)) {
    const pattern = join(mount, String(rawPath));
    if (route) patterns.set(route, patterns.has(route) ? undefined : pattern || "/");
    else if (isRouter(handle)) nameRoutes(handle, pattern);
  }
}

/** Undefined until a route has been found; one that was not noted, or twice, is named by the mount path as it was sent. */
export function routePattern({ route, baseUrl }: Request): string | undefined {
  if (route === undefined) return undefined;
  const found = route as IRoute;
  return patterns.get(found) ?? (join(baseUrl, String(found.path)) || "/");
}

/** A root adds nothing to where it is mounted. */
const join = (mount: string, path: string): string => (path === "/" ? mount : mount + path);
