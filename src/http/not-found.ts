// Answers what no route has answered: a path that does not exist, or a method that its path does not know.
import { Router, type Request, type RequestHandler } from "express";
import { Problem } from "./problem";

declare module "express-serve-static-core" {
  interface IRouter {
    /** @see https://github.com/pillarjs/router#routerlistroutes */
    listRoutes(): { path: string | RegExp; methods?: string[]; router?: Router }[];
  }
}

/** What a client is told whose path cannot be decoded. */
export const MALFORMED_PATH = "The path has malformed percent-encoding.";

/**
 * Answers 405 with `Allow` when another method would find a route, else 404; to be used after all routes.
 * @param routes The router that holds them; they are listed when the first request misses.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function notFound(routes: Router): RequestHandler {
  let methodsOf: RequestHandler | undefined;
  return (req, res, next) => {
    if (!isDecodable(req.path)) throw new Problem(400, MALFORMED_PATH);
    methodsOf ??= collectMethods(routes);
    allowedMethods.set(req, new Set());
    methodsOf(req, res, (err: unknown) => {
      if (err) return next(err);
      const methods = allowedMethods.get(req) ?? new Set();
      // A route that passed on with `next()` had its method: for the client there is nothing.
      if (methods.size === 0 || methods.has(req.method)) {
        return next(new Problem(404, "There is nothing at this path."));
      }
      const allow = [...methods].sort().join(", ");
      next(new Problem(405, `This path answers ${allow}.`, {}, { Allow: allow }));
    });
  };
}

const allowedMethods = new WeakMap<Request, Set<string>>();

/** A router with the same paths, whose handlers only collect which methods the real routes have. */
function collectMethods(routes: Router): Router {
  const collector = Router();
  for (const { path, methods, router } of routes.listRoutes()) {
    if (router) collector.use(path, collectMethods(router));
    else {
      collector.all(path, (req, _res, next) => {
        for (const method of methods ?? [])
          if (method !== "*") allowedMethods.get(req)?.add(method);
        next();
      });
    }
  }
  return collector;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
