// Finds the methods that a path supports, from a router's layers.
import type { Router } from "express";
import { isRouter, type Layer, ownLayers } from "./layers";

/** Lets `methodsAt` read a router's layers: only of a version of Express whose layers are as expected. */
export const enableMethodsAt = (router: Router): void => void readable.add(router);

/** The methods of all routes that match a path; a route for all methods adds none. */
export const methodsAt = (path: string, router: Router): string[] =>
  readable.has(router) ? findMethods(path, router) : [];

const readable = new WeakSet<Router>();

/** Matches the layers as the router does, without a test request, which monitoring agents would report. */
function findMethods(path: string, router: Router): string[] {
  return ownLayers(router).flatMap((layer) => {
    const { route, handle } = layer;
    const match = layer.match(path) as Match | false;
    if (!match) return [];
    if (route) return methodsOf(route);
    const rest = path.slice(match.path.length) || "/";
    return isRouter(handle) && rest.startsWith("/") ? findMethods(rest, handle) : [];
  });
}

/** What a layer has found; `true` before version 2.3 of `router`. */
interface Match {
  /** The part of the path that the mount path matched. */
  path: string;
}

function methodsOf({ stack }: NonNullable<Layer["route"]>): string[] {
  const methods = new Set(stack.flatMap(({ method }) => method?.toUpperCase() ?? []));
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods];
}
