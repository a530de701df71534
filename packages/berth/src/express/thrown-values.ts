// Makes sure that whatever a handler throws, while it is called, is an error.
import type { RequestHandler, Router } from "express";
import { allLayers, isRouter } from "./layers";

/**
 * Wraps every handler of the router, so that a thrown `undefined`, `null` or string ends in the error handler.
 * Express calls `next` with the thrown value, and takes `next(undefined)` for "not mine" and `next("route")` for "skip":
 * the client would get a 404 for a fault of the service. To be called after all routes are in place.
 */
export function rejectThrownValues(router: Router): void {
  for (const layer of allLayers(router)) {
    if (layer.route) for (const inner of layer.route.stack) inner.handle = guarded(inner.handle);
    else if (!isRouter(layer.handle)) layer.handle = guarded(layer.handle);
  }
}

function guarded(handle: RequestHandler): RequestHandler {
  // Express tells error handlers by their four parameters.
  if (handle.length > 3) return handle;
  const guard: RequestHandler = (req, res, next) => {
    try {
      return handle(req, res, next);
    } catch (thrown) {
      next(
        thrown instanceof Object
          ? thrown
          : new Error("A handler threw no error.", { cause: thrown }),
      );
    }
  };
  // What others have hung on it, stays.
  return Object.assign(Object.defineProperty(guard, "name", { value: handle.name }), handle);
}
