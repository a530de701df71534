// Turns every request target into a path, as Express expects.
import type { Express } from "express";
import { atEntrance } from "./entrance";

/**
 * Strips scheme, credentials and host from a target such as `http://user:password@host/path`, which a server must
 * accept. For a target that it cannot parse, Express sends an error page of its own without running any middleware.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
export function takeAbsoluteTargets(app: Express): void {
  atEntrance(app, (req) => {
    if (req.url.charCodeAt(0) !== SLASH) req.url = pathOf(req.url);
  });
}

const SLASH = 0x2f;

/** `*` stays unchanged. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  return path === "" || path.startsWith("?") ? `/${path}` : path;
}
