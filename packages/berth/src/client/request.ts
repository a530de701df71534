// Makes of a call what is sent, and refuses what cannot be: a send that fails for that leaves its connection unusable.
import { validateHeaderName, validateHeaderValue } from "node:http";
import { stringify } from "node:querystring";
import { currentContext } from "../process/work-context";
import type { AnyCall } from "./service-client";

/** A call as it is sent, each time that it is. */
export interface ServiceRequest {
  method: AnyCall["method"];
  /** With the query. */
  path: string;
  /** By their names in lower case. */
  headers: Readonly<Record<string, string>>;
  body?: string;
}

/**
 * Makes a request of a call, with what travels along from the context that this is called in.
 * @param prefix What precedes the paths of all calls.
 * @throws TypeError, or what an encoder throws, when it cannot be sent: a fault of who calls.
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
      ...currentContext()?.travels?.(),
      ...(json !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    }),
    ...(json !== undefined && { body: json }),
  };
}

/** The characters of a request's first line, without the backslash, which many parsers take for a slash. */
const TARGET = /^\/[!-[\]-~]*$/;

/** A dot segment (Tomcat cuts what follows a `;` first), another host, or a NUL, at which C ends a text. */
const AMBIGUOUS = /[/\\]\.{1,2}([/\\;?#]|$)|^[/\\]{2}|\0/;

/** How often a path may be decoded on its way, by two proxies and the application. */
const DECODINGS = 3;

function toTarget(path: string, query: AnyCall["query"]): string {
  const refuse = (what: string): TypeError =>
    new TypeError(`The path ${JSON.stringify(path)} ${what}.`);
  if (!path.startsWith("/")) throw refuse("is none: one begins with /");
  const read = TARGET.test(path) && !path.includes("#") && decodeFully(path.replace(/\?.*/, ""));
  if (read === false) {
    throw refuse("has what no URL may have: encode what stands in it (encodeURIComponent)");
  }
  if (AMBIGUOUS.test(read)) {
    throw refuse("leads elsewhere: check what users have written before it stands in a path");
  }
  if (!query) return path;
  if (path.includes("?")) throw refuse("has a query already: give all of it as `query`");
  return `${path}?${stringify(query)}`;
}

/**
 * The path as the last one of several readers may see it: proxies decode before they route, some of them more than
 * once, and WHATWG's URL drops tabs and line breaks. False when it cannot be decoded.
 */
function decodeFully(path: string): string | false {
  let read = path;
  for (let times = 0; times < DECODINGS && read.includes("%"); times++) {
    try {
      read = decodeURIComponent(read);
    } catch {
      // Text that users have written may have a % of its own.
      if (times === 0) return false;
      break;
    }
  }
  return read === path ? read : read.replace(/[\t\n\r]/g, "");
}

/** What says how the message is sent: that is decided here. */
const OF_THE_CONNECTION =
  /^(connection|content-length|expect|keep-alive|transfer-encoding|upgrade)$/;

/** The last of those that differ in case only. */
function toHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (OF_THE_CONNECTION.test(name)) throw new TypeError(`The header ${name} is not for calls.`);
    made[name] = value;
  }
  return made;
}
