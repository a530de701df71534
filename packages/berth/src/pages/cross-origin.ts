// Protection against cross-site request forgery (CSRF): rejects requests that another site makes a visitor's browser send.
import type { Request, RequestHandler } from "express";
import { Problem } from "../request/problem";

/** The options of the protection. */
export interface CrossOriginOptions {
  /** Other origins whose pages may send unsafe requests, such as `https://app.example.org`. */
  trustedOrigins?: readonly string[];
}

/** The safe methods. @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1 */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Rejects unsafe requests that a browser sends for a page of another origin. Browsers themselves name the origin, so forms need
 * no tokens; programs, which send neither `Sec-Fetch-Site` nor `Origin`, pass.
 * @throws TypeError for a trusted origin that is not one; Problem 403 in requests.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function crossOriginProtection(options: CrossOriginOptions = {}): RequestHandler {
  const trusted = new Set((options.trustedOrigins ?? []).map(checkedOrigin));
  return (req, _res, next) => {
    if (SAFE_METHODS.has(req.method) || isOwn(req) || trusted.has(req.headers.origin ?? "")) {
      return next();
    }
    throw new Problem(403, FROM_ELSEWHERE);
  };
}

const FROM_ELSEWHERE =
  "This was sent from a page of another site. Open this site's own page, and send it from there.";

/** Whether the request does not come from a page of another origin. */
function isOwn(req: Request): boolean {
  const { origin, "sec-fetch-site": site } = req.headers;
  // Only sent to https and localhost. `none`: the visitor opened the URL, for example from a bookmark.
  if (site !== undefined) return site === "same-origin" || site === "none";
  // Since 2020, every browser sends the origin with a form.
  if (origin === undefined) return true;
  // The scheme is not compared: behind a proxy that terminates TLS, it may be unknown.
  return URL.canParse(origin) && new URL(origin).host === req.host.toLowerCase();
}

function checkedOrigin(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  throw new TypeError(
    `trustedOrigins: ${JSON.stringify(text)} is not an origin, which has a scheme, a host and nothing after: https://app.example.org`,
  );
}
