// URLs that the service makes: relative to the request, as only the client knows what a proxy has taken off its path.
import type { Request } from "express";

/**
 * The URL of a request's own path, or of the segment below it: for `Location`, as in `relativeUrl(req, ship.id)`. The
 * client resolves it against the URL that it has asked for, so a prefix that a proxy takes away stays in it.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
 */
export function relativeUrl({ originalUrl }: Pick<Request, "originalUrl">, below = ""): string {
  const [, last = ""] = LAST_SEGMENT.exec(originalUrl) ?? [];
  const slash = last === "" || below === "" ? "" : "/";
  // Without the dot, a segment with a colon would be a scheme.
  return `./${escapeUrl(last)}${slash}${encodeURIComponent(below)}`;
}

const LAST_SEGMENT = /^[^?#]*\/([^/?#]*)/;

/** Escapes what would end a URL in a header, or be read as something else there: Node has each byte as a character. */
export const escapeUrl = (url: string): string =>
  url.replace(NO_URL, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);

const NO_URL = /[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]/g;
