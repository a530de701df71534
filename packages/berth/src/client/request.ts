// Builds the request of a call, and rejects an invalid one: undici would not free the connection of a request that it rejects.
import { stringify } from "node:querystring";
import { currentContext } from "../process/work-context";
import { type ContentStream, createContentStream } from "./content";
import { toHeaders } from "./headers";
import type { AnyCall, Content, RequestCall } from "./types";

/** The request of a call, the same for each try. */
export interface ServiceRequest {
  method: RequestCall["method"];
  /** The request target: prefix, path and query. */
  path: string;
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** A stream in place of a body. */
  content?: ContentStream;
}

/** What calls with a schema ask for. */
export const JSON_ACCEPTED = "application/json, application/problem+json";

/**
 * Builds the request of a call, with the headers that the current work context propagates.
 * The content of the call is not part of it; see `takeContent`.
 * @param prefix The path prefix of all calls.
 * @param accepted The Accept header, unless the call has one.
 * @throws TypeError, or the error of JSON.stringify, when the call cannot be sent: a bug of the caller.
 */
export function toRequest(
  { method, path, query, body, content, headers }: Omit<AnyCall, "response"> | RequestCall,
  prefix: string,
  accepted = JSON_ACCEPTED,
): ServiceRequest {
  if (body !== undefined && content) throw new TypeError("A call has a body or content, not both.");
  const json = body === undefined ? undefined : JSON.stringify(body);
  const type = content?.type ?? (json === undefined ? undefined : "application/json");
  return {
    method,
    path: prefix + toTarget(path, query),
    headers: toHeaders({
      Accept: accepted,
      "Accept-Encoding": "identity",
      ...currentContext()?.headersToPropagate?.(),
      ...(type !== undefined && { "Content-Type": type }),
      ...headers,
    }),
    ...(json !== undefined && { body: json }),
  };
}

/** Takes over the content of a call: from now on a stream is to be discarded if the call fails. */
export function takeContent(
  content: Content | undefined,
): Pick<ServiceRequest, "body" | "content"> {
  if (!content) return {};
  const { data, length } = content;
  if (typeof data === "string") return { body: data };
  if (data instanceof Uint8Array) return { body: data as Uint8Array<ArrayBuffer> };
  return { content: createContentStream(data, length) };
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
