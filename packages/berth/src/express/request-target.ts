// Makes every request's target a path, which Express takes for granted.
import type { Express } from "express";
import { atEntrance } from "./entrance";

/**
 * Strips scheme, credentials and host from a target such as `http://user:password@host/path`, which a server must accept.
 * Express would answer one that it cannot parse by a page of its own, without asking any middleware.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export function takeAbsoluteTargets(app: Express): void {
  atEntrance(app, (req) => {
    if (req.url.charCodeAt(0) !== SLASH) req.url = pathOf(req.url);
  });
}

const SLASH = 0x2f;

/** `*` stays what it is. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  return path === "" || path.startsWith("?") ? `/${path}` : path;
}
