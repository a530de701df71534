// Answers what no route has answered: a path that does not exist, or a method that its path does not know.
import type { RequestHandler, Router } from "express";
import { methodsAt } from "../express/methods-at";
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

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
