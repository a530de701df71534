// The headers of requests to another service, and of its responses.
import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from "node:http";
import type * as undici from "undici";

/** Headers of the connection and of message framing (RFC 9112): undici sets them. */
const CONNECTION_HEADERS =
  /^(connection|content-length|expect|keep-alive|transfer-encoding|upgrade)$/;

/**
 * Makes names lower-case; of headers that differ only in case, the last one wins.
 * @throws TypeError for an invalid header, or one that undici sets.
 */
export function toHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
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

/** The headers as in Node: undici makes an array of any header that comes twice. */
export function fromHeaders(
  headers: undici.Dispatcher.ResponseData["headers"],
): IncomingHttpHeaders {
  const joined: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === "set-cookie") joined[name] = [value ?? []].flat();
    else joined[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}
