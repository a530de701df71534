// Responds to requests that no route has handled: 404, or 405 if the path supports other methods.
import type { RequestHandler, Router } from "express";
import { methodsAt } from "../express/methods-at";
import { Problem } from "../request/problem";
import { sendProblem } from "./send-problem";

/** The detail of a 400 for a path that cannot be decoded. */
export const MALFORMED_PATH = "The path has malformed percent-encoding.";

/**
 * Responds 405 with `Allow` if another method would match a route, else 404; to be used after all routes.
 * @param routes The router with all routes.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
 */
export function notFound(routes: Router): RequestHandler {
  return (req, res) => {
    if (!isDecodable(req.path)) throw new Problem(400, MALFORMED_PATH);
    const methods = new Set(methodsAt(req.path, routes));
    // A route with this method has called `next()`: for the client, nothing is here.
    if (methods.size === 0 || methods.has(req.method)) {
      return sendProblem(req, res, 404, { detail: "There is nothing at this path." });
    }
    const allow = [...methods].sort().join(", ");
    sendProblem(req, res, 405, { detail: `This path supports ${allow}.` }, { Allow: allow });
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
