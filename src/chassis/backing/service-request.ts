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

/** What may stand in a request's first line. */
const TARGET = /^\/[!-~]*$/;
/** As URLs are read, `%2e` is a point. */
const DOTS = /\/(\.|%2e){1,2}(\/|$)/i;

function toTarget(path: string, query: AnyCall["query"]): string {
  const refuse = (what: string): TypeError =>
    new TypeError(`The path ${JSON.stringify(path)} ${what}.`);
  if (!path.startsWith("/")) throw refuse("is none: one begins with /");
  if (!TARGET.test(path) || path.includes("#")) {
    throw refuse("has what no URL may have: encode what stands in it (encodeURIComponent)");
  }
  if (DOTS.test(path.replace(/\?.*/, ""))) {
    throw refuse("leads elsewhere: check what users have written before it stands in a path");
  }
  if (!query) return path;
  if (path.includes("?")) throw refuse("has a query already: give all of it as `query`");
  return `${path}?${stringify(query)}`;
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
