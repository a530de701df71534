// Turns a primitive that a handler throws, such as `undefined`, into an error.
import type { RequestHandler, Router } from "express";
import { allLayers, isRouter } from "./layers";

/**
 * Wraps every handler of the router, so that a thrown `undefined`, `null` or string reaches the error handler. Express
 * calls `next` with the thrown value: `next(undefined)` goes on to the next handler and `next("route")` skips the
 * route, so the client would get a 404 for a bug of the service. Call it after all routes have been added.
 */
export function rejectThrownValues(router: Router): void {
  for (const layer of allLayers(router)) {
    if (layer.route) for (const inner of layer.route.stack) inner.handle = guarded(inner.handle);
    else if (!isRouter(layer.handle)) layer.handle = guarded(layer.handle);
  }
}

function guarded(handle: RequestHandler): RequestHandler {
  // Express recognizes error handlers by their four parameters.
  if (handle.length > 3) return handle;
  const guard: RequestHandler = (req, res, next) => {
    try {
      return handle(req, res, next);
    } catch (thrown) {
      next(
        thrown instanceof Object
          ? thrown
          : new Error("A handler threw a value that is not an object.", { cause: thrown }),
      );
    }
  };
  // Keeps properties that were set on the handler, such as its description.
  return Object.assign(Object.defineProperty(guard, "name", { value: handle.name }), handle);
}
