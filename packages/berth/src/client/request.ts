// Builds the request of a call, and rejects one that cannot be sent: failing during the send would make its connection unusable.
import { validateHeaderName, validateHeaderValue } from "node:http";
import { stringify } from "node:querystring";
import { currentContext } from "../process/work-context";
import type { AnyCall } from "./types";

/** A call as it is sent, at each try. */
export interface ServiceRequest {
  method: AnyCall["method"];
  /** Includes the query. */
  path: string;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  body?: string;
}

/**
 * Builds the request of a call, with the headers that the current work context propagates.
 * @param prefix The path prefix of all calls.
 * @throws TypeError, or an encoder's error, when the call cannot be sent: a bug of the caller.
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

/** A dot segment (Tomcat removes path parameters, from `;` on, first), another host (`//host`), or a NUL, which ends a C string. */
const AMBIGUOUS = /[/\\]\.{1,2}([/\\;?#]|$)|^[/\\]{2}|\0/;

/** How many times a path may be decoded on its way: by two proxies and the application. */
const DECODINGS = 3;

function toTarget(path: string, query: AnyCall["query"]): string {
  const refuse = (what: string): TypeError =>
    new TypeError(`The path ${JSON.stringify(path)} ${what}.`);
  if (!path.startsWith("/")) throw refuse("must begin with /");
  const read = TARGET.test(path) && !path.includes("#") && decodeFully(path.replace(/\?.*/, ""));
  if (read === false) {
    throw refuse("has characters that no URL may have: encode its parts (encodeURIComponent)");
  }
  if (AMBIGUOUS.test(read)) {
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
  let read = path;
  for (let times = 0; times < DECODINGS && read.includes("%"); times++) {
    try {
      read = decodeURIComponent(read);
    } catch {
      // Decoded user input may contain a % that encodes nothing.
      if (times === 0) return false;
      break;
    }
  }
  return read === path ? read : read.replace(/[\t\n\r]/g, "");
}

/** Headers that control the connection or the message's framing: only the client sets them. */
const OF_THE_CONNECTION =
  /^(connection|content-length|expect|keep-alive|transfer-encoding|upgrade)$/;

/** Of headers that differ only in case, the last one wins. */
function toHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (OF_THE_CONNECTION.test(name)) throw new TypeError(`A call cannot set the header ${name}.`);
    made[name] = value;
  }
  return made;
}
