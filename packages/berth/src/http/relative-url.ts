// Makes URLs relative to the request, as a proxy may have removed a prefix from its path.
import type { Request } from "express";

/**
 * The URL of a request's own path, or of a segment below it: for `Location`, as in `relativeUrl(req, ship.id)`. The
 * client resolves it against the URL that it requested, so a prefix that a proxy removes is preserved.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
 */
export function relativeUrl({ originalUrl }: Pick<Request, "originalUrl">, below = ""): string {
  const [, last = ""] = LAST_SEGMENT.exec(originalUrl) ?? [];
  const slash = last === "" || below === "" ? "" : "/";
  // Without the dot, a colon in the segment would make a scheme.
  return `./${escapeUrl(last)}${slash}${encodeURIComponent(below)}`;
}

const LAST_SEGMENT = /^[^?#]*\/([^/?#]*)/;

/**
 * A path of the app as a URL relative to the request's, for links and redirects: from `/notes/7`, `/notes` is `../notes`.
 * Whatever the path is, the URL leads to the same origin.
 * @param path From the app's root, such as `/notes?page=2`.
 */
export function relativePath({ originalUrl }: Pick<Request, "originalUrl">, path: string): string {
  const [own = ""] = originalUrl.split(/[?#]/, 1);
  const depth = own.split("/").length - 2;
  return (depth > 0 ? "../".repeat(depth) : "./") + path.replace(/^[/\\]+/, "");
}

/** Escapes characters that would end a URL in a header or change its meaning. Node gives each byte as one character. */
export const escapeUrl = (url: string): string =>
  url.replace(NO_URL, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);

const NO_URL = /[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]/g;
