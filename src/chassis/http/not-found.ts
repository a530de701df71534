// Answers what no route has answered: a path that does not exist, or a method that its path does not know.
import type { RequestHandler, Router } from "express";
import { isRouter, ownLayers } from "../express/layers";
import { Problem, sendProblem } from "./problem";

/** What a client is told whose path cannot be decoded. */
export const MALFORMED_PATH = "The path has malformed percent-encoding.";

/**
 * Answers 405 with `Allow` when another method would find a route, else 404; to be used after all routes.
 * @param routes The router that holds them.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function notFound(routes: Router): RequestHandler {
  return (req, res) => {
    if (!isDecodable(req.path)) throw new Problem(400, MALFORMED_PATH);
    const methods = new Set(methodsAt(req.path, routes));
    // A route that passed on with `next()` had its method: for the client there is nothing.
    if (methods.size === 0 || methods.has(req.method)) {
      return sendProblem(req, res, 404, { detail: "There is nothing at this path." });
    }
    const allow = [...methods].sort().join(", ");
    sendProblem(req, res, 405, { detail: `This path answers ${allow}.` }, { Allow: allow });
  };
}

/** The methods of all routes that a path leads to. */
function methodsAt(path: string, router: Router): string[] {
  return ownLayers(router).flatMap((layer) => {
    const match = layer.match(path);
    if (!match) return [];
    if (layer.route) return methodsOf(layer.route.methods);
    return isRouter(layer.handle)
      ? methodsAt(path.slice(match.path.length) || "/", layer.handle)
      : [];
  });
}

/** As Express does, a route for GET answers HEAD, too; one for all methods names none. */
function methodsOf({ _all, ...methods }: Readonly<Record<string, boolean>>): string[] {
  const names = Object.keys(methods).map((name) => name.toUpperCase());
  return names.includes("GET") ? [...names, "HEAD"] : names;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
