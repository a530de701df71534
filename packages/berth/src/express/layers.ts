// The layers of a router: its middleware and routes, which Express asks in turn for each request.
import type { RequestHandler, Router } from "express";

/** What Express keeps for each `use` and each route. */
export interface Layer {
  /** As it was given; before version 2.3 of `router`, nothing. */
  readonly rawPath?: unknown;
  /** Whether it is middleware for every path. */
  readonly slash: boolean;
  /** Absent for middleware and mounted routers. */
  readonly route?: { readonly stack: Layer[] };
  /** Of a route's layer, in lower case; absent where it takes all. */
  readonly method?: string;
  handle: RequestHandler;
  /** What it finds in a path that it stands for, or false when it does not. */
  match(path: string): unknown;
}

/** A router's own layers, in their order; other frameworks' may look like one from afar. */
export const ownLayers = (router: Router): Layer[] => (router.stack as unknown[]).filter(isLayer);

/** Every layer of the router and of the routers mounted in it. */
export function* allLayers(router: Router): Generator<Layer> {
  for (const layer of ownLayers(router)) {
    yield layer;
    if (isRouter(layer.handle)) yield* allLayers(layer.handle);
  }
}

/** Whether a layer's handler is a router; an app that is mounted in another is none. */
export const isRouter = (handle: unknown): handle is Router =>
  Array.isArray((handle as Router).stack);

function isLayer(layer: unknown): layer is Layer {
  const { handle, match, route } = layer as Partial<Layer>;
  const isRoute = Array.isArray(route?.stack);
  return (
    typeof handle === "function" && typeof match === "function" && (route === undefined || isRoute)
  );
}
