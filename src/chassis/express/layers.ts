// The layers of a router: its middleware and routes, which Express asks in turn for each request.
import type { NextFunction, RequestHandler, Router } from "express";

/** What Express keeps for each `use` and each route. */
export interface Layer {
  /** As it was given. */
  readonly rawPath: unknown;
  /** Whether it is middleware for every path. */
  readonly slash: boolean;
  /** Absent for middleware and mounted routers. */
  readonly route?: { readonly methods: Readonly<Record<string, boolean>>; readonly stack: Layer[] };
  handle: RequestHandler;
  /** What part of the path it stands for, or false when none. */
  match(path: string): { readonly path: string } | false;
}

/**
 * Several middlewares, none of them asynchronous, as one layer: for those that every request passes, asking a layer costs
 * more than most of them do.
 */
export function asOneLayer(...handlers: RequestHandler[]): RequestHandler {
  return (req, res, next) => {
    let index = 0;
    const step: NextFunction = (err?: unknown) => {
      const handler = handlers[index++];
      if (err || !handler) next(err);
      else void handler(req, res, step);
    };
    step();
  };
}

/** A router's own layers, in their order. */
export const ownLayers = (router: Router): Layer[] => router.stack as unknown as Layer[];

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
