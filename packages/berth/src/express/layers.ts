// The layers of a router: its middleware and routes, which Express tries in order for each request.
import type { RequestHandler, Router } from "express";

/** Express' record of one `use` or one route. */
export interface Layer {
  /** The path as given; undefined before version 2.3 of `router`. */
  readonly rawPath?: unknown;
  /** Whether this is middleware for every path. */
  readonly slash: boolean;
  /** Absent for middleware and mounted routers. */
  readonly route?: { readonly stack: Layer[] };
  /** The method of a route's layer, in lower case; absent if it handles all methods. */
  readonly method?: string;
  handle: RequestHandler;
  /** Returns what it has found in the path; false if it does not match. */
  match(path: string): unknown;
}

/** A router's own layers, in order; entries of another shape are skipped. */
export const ownLayers = (router: Router): Layer[] => (router.stack as unknown[]).filter(isLayer);

/** Every layer of a router and of the routers mounted in it. */
export function* allLayers(router: Router): Generator<Layer> {
  for (const layer of ownLayers(router)) {
    yield layer;
    if (isRouter(layer.handle)) yield* allLayers(layer.handle);
  }
}

/** Whether a layer's handler is a router; false for a mounted app. */
export const isRouter = (handle: unknown): handle is Router =>
  Array.isArray((handle as Router).stack);

function isLayer(layer: unknown): layer is Layer {
  const { handle, match, route } = layer as Partial<Layer>;
  const isRoute = Array.isArray(route?.stack);
  return (
    typeof handle === "function" && typeof match === "function" && (route === undefined || isRoute)
  );
}
