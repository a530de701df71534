// Builds the request of a call, and rejects an invalid one: undici would not free the connection of a request that it rejects.
import { validateHeaderName, validateHeaderValue } from "node:http";
import { stringify } from "node:querystring";
import { currentContext } from "../process/work-context";
import type { AnyCall } from "./types";

/** The request of a call, the same for each try. */
export interface ServiceRequest {
  method: AnyCall["method"];
  /** The request target: prefix, path and query. */
  path: string;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  body?: string;
}

/**
 * Builds the request of a call, with the headers that the current work context propagates.
 * @param prefix The path prefix of all calls.
 * @throws TypeError, or the error of JSON.stringify, when the call cannot be sent: a bug of the caller.
 */
export function toRequest(
  { method, path, query, body, headers }: AnyCall,
  prefix: string,
): ServiceRequest {
  const json = body === undefined ? undefined : JSON.stringify(body);
  return {
    method,
    path: prefix + toTarget(path, query),
    headers: toHeaders({
      Accept: "application/json, application/problem+json",
      "Accept-Encoding": "identity",
      ...currentContext()?.headersToPropagate?.(),
      ...(json !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    }),
    ...(json !== undefined && { body: json }),
  };
}

/** The characters allowed in a request target, without the backslash, which many parsers read as a slash. */
const TARGET = /^\/[!-[\]-~]*$/;

/**
 * Path traversal and its like: a dot segment (also before `;`, as Tomcat removes path parameters first), another host
 * (`//host`), or a NUL, which ends a C string.
 */
const AMBIGUOUS = /[/\\]\.{1,2}([/\\;?#]|$)|^[/\\]{2}|\0/;

/** How many times a path may be decoded on its way: by two proxies and the application. */
const MAX_DECODINGS = 3;

function toTarget(path: string, query: AnyCall["query"]): string {
  const refuse = (what: string): TypeError =>
    new TypeError(`The path ${JSON.stringify(path)} ${what}.`);
  if (!path.startsWith("/")) throw refuse("must begin with /");
  const decoded = TARGET.test(path) && !path.includes("#") && decodeFully(path.replace(/\?.*/, ""));
  if (decoded === false) {
    throw refuse("has characters that no URL may have: encode its parts (encodeURIComponent)");
  }
  if (AMBIGUOUS.test(decoded)) {
    throw refuse("leads to another path or host: validate user input before you put it in a path");
  }
  if (!query) return path;
  if (path.includes("?")) throw refuse("already has a query: pass all of it as `query`");
  return `${path}?${stringify(query)}`;
}

/**
 * The path as the last of several parsers may see it: proxies decode it before they route, some more than once, and a
 * WHATWG URL parser drops tabs and line breaks. False when it cannot be decoded.
 */
function decodeFully(path: string): string | false {
  let decoded = path;
  for (let times = 0; times < MAX_DECODINGS && decoded.includes("%"); times++) {
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      // Decoded user input may contain a % that encodes nothing.
      if (times === 0) return false;
      break;
    }
  }
  return decoded === path ? decoded : decoded.replace(/[\t\n\r]/g, "");
}

/** Headers of the connection and of message framing (RFC 9112): undici sets them. */
const CONNECTION_HEADERS =
  /^(connection|content-length|expect|keep-alive|transfer-encoding|upgrade)$/;

/** Makes names lower-case; of headers that differ only in case, the last one wins. */
function toHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const valid: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (CONNECTION_HEADERS.test(name)) throw new TypeError(`A call cannot set the header ${name}.`);
    valid[name] = value;
  }
  return valid;
}
