// Which methods a path knows, by what a router's layers say of themselves.
import type { Router } from "express";
import { isRouter, type Layer, ownLayers } from "./layers";

/** Lets `methodsAt` know a router's routes. */
export const listMethods = (router: Router): void => void listed.add(router);

/** The methods of all routes that a path leads to; one for all methods names none. */
export const methodsAt = (path: string, router: Router): string[] =>
  listed.has(router) ? findMethods(path, router) : [];

const listed = new WeakSet<Router>();

/** Asks the layers as the router would, without a request of its own: agents would report that as one. */
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

/** What a layer has found; before version 2.3 of `router`, only that it has. */
interface Match {
  /** The part of the path that a mount path stands for. */
  path: string;
}

function methodsOf({ stack }: NonNullable<Layer["route"]>): string[] {
  const methods = new Set(stack.flatMap(({ method }) => method?.toUpperCase() ?? []));
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods];
}
