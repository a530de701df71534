// Serializes values for the log without credentials. Errors, requests and responses, also nested ones, show only the
// fields that are listed here: HTTP clients and drivers attach others, which may contain credentials.
import { maskText, maskUserInfo } from "./masked-text";
import { withSources } from "./source-maps";

/** Fields of any error besides type, message and stack. PostgreSQL's `detail` is not among them: it quotes the row. */
const ERROR_FIELDS = [
  ...["code", "errno", "syscall", "signal", "status", "statusCode", "service", "failure"],
  ...["severity", "schema", "table", "column", "constraint", "dataType", "position", "routine"],
];

const REQUEST_HEADERS = new Set([
  ...["host", "user-agent", "accept", "origin", "range", "expect", "upgrade"],
  ...["content-type", "content-length", "content-encoding", "transfer-encoding"],
  ...["x-request-id", "traceparent", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"],
]);

const RESPONSE_HEADERS = new Set([
  ...["content-type", "content-length", "content-encoding", "transfer-encoding", "cache-control"],
  ...["allow", "content-range", "etag", "retry-after", "server", "vary", "x-request-id"],
]);

/** Field names that are redacted in any value. */
const SECRET_NAME = /^((proxy-)?authorization|(set-)?cookie|x-api-key|raw(headers|trailers))$/i;
const CENSORED = "[redacted]";

/** Values that are nested deeper than this, or circular, are left out. */
const DEEPEST = 10;
const LEFT_OUT = "[left out]";

/** An object whose properties may have any value, and may throw when they are read. */
type Parts = Readonly<Record<string, unknown>>;

/** Names of additional error fields that are logged. */
export type ErrorFields = readonly string[];

/** Makes any value safe to log. @param above The objects that contain it. */
export function shownValue(of: unknown, own: ErrorFields, above: readonly unknown[] = []): unknown {
  if (isString(of)) return maskUserInfo(of);
  if (!isObject(of) || ArrayBuffer.isView(of)) return of;
  if (above.length >= DEEPEST || above.includes(of)) return LEFT_OUT;
  try {
    return shownParts(of, own, [...above, of]);
  } catch {
    return "[unreadable value]";
  }
}

function shownParts(of: Parts, own: ErrorFields, within: readonly unknown[]): unknown {
  if (isError(of)) return errorParts(of, own, within);
  if (isMessage(of)) return isRequest(of) ? shownRequest(of) : shownResponse(of);
  // Sockets, agents and streams refer to every other open connection.
  if (isFunction(of.on) && isFunction(of.emit)) return `[${typeOf(of)}]`;
  if (isFunction(of.toJSON)) return shownValue(of.toJSON(), own, within);
  if (Array.isArray(of)) return of.map((item) => shownValue(item, own, within));
  return shownFields(of, (item) => shownValue(item, own, within));
}

/** Returns the object itself if no field has to change, otherwise a copy; fields with secret names are redacted. */
export function shownFields(of: object, show: (item: unknown, name: string) => unknown): object {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(of)) {
    const item = (of as Parts)[name];
    const shown = SECRET_NAME.test(name) ? CENSORED : show(item, name);
    if (shown !== item) (copy ??= { ...of })[name] = shown;
  }
  return copy ?? of;
}

/** Makes a thrown value safe to log; it need not be an error. */
export function shownError(of: unknown, own: ErrorFields): unknown {
  if (!isObject(of)) return isString(of) ? maskText(of) : of;
  try {
    return errorParts(of, own, [of]);
  } catch {
    return "[unreadable error]";
  }
}

function errorParts(of: Parts, own: ErrorFields, within: readonly unknown[]): object {
  const chain = withCauses(of);
  const texts = (name: string): string[] => chain.map((err) => err[name]).filter(isString);
  const shown: Record<string, unknown> = {
    type: typeOf(of),
    message: maskText(texts("message").join(": ")),
    stack: maskText(withSources(texts("stack").join("\ncaused by: "))),
  };
  if (isString(of.name) && of.name !== shown.type) shown.name = of.name;
  if (Array.isArray(of.errors)) shown.aggregateErrors = shownValue(of.errors, own, within);
  for (const name of ERROR_FIELDS) {
    if (!isObject(of[name])) shown[name] = shownValue(of[name], own);
  }
  // Problem details from another service are meant for its clients.
  if (of.failure === "problem") shown.problem = shownValue(of.problem, own, within);
  for (const name of own) shown[name] = shownValue(of[name], own, within);
  return shown;
}

/** Serializes Node's request of a server (`IncomingMessage`) or a client (`ClientRequest`). */
export function shownRequest(of: unknown): unknown {
  if (!isObject(of)) return of;
  const { id, method } = of;
  const url = of.originalUrl ?? of.url ?? of.path;
  const { remoteAddress, remotePort } = isObject(of.socket) ? of.socket : of;
  return {
    ...(isString(id) && { id }),
    method,
    ...(isString(url) && { url: maskUserInfo(url).replace(/[?#][^]*/, "") }),
    headers: shownHeaders(of, REQUEST_HEADERS),
    remoteAddress,
    remotePort,
  };
}

/** Serializes Node's response of a server (`ServerResponse`) or a client (`IncomingMessage`). */
export function shownResponse(of: unknown): unknown {
  if (!isObject(of)) return of;
  const { headersSent, statusCode = of.status } = of;
  return {
    statusCode: headersSent === false ? null : statusCode,
    headers: shownHeaders(of, RESPONSE_HEADERS),
  };
}

function shownHeaders(of: Parts, names: ReadonlySet<string>): object {
  const headers = isFunction(of.getHeaders) ? of.getHeaders() : of.headers;
  if (!isObject(headers)) return {};
  const isIterable = isFunction((headers as { [Symbol.iterator]?: unknown })[Symbol.iterator]);
  const entries = isIterable ? [...(headers as unknown as Headers)] : Object.entries(headers);
  return Object.fromEntries(
    entries
      .filter(([name]) => names.has(name.toLowerCase()))
      .map(([name, item]) => [name, shownValue(item, [])]),
  );
}

function withCauses(of: Parts): Parts[] {
  const chain = [of];
  for (let { cause } = of; isObject(cause) && !chain.includes(cause); { cause } = cause) {
    chain.push(cause);
  }
  return chain;
}

const isString = (of: unknown): of is string => typeof of === "string";
const isObject = (of: unknown): of is Parts => typeof of === "object" && of !== null;
const isFunction = (of: unknown): of is () => unknown => typeof of === "function";

/** Whether it is an error of this realm or of another, such as Node's own in a Jest test. */
export const isError = (of: unknown): of is Error =>
  of instanceof Error || (isObject(of) && isString(of.message) && isString(of.stack));

/** Whether it is a request or a response of Node's. */
export const isMessage = (of: object): boolean =>
  Object.getPrototypeOf(of) !== Object.prototype &&
  (isRequest(of as Parts) || isResponse(of as Parts));

/** An `IncomingMessage` of a server, or a `ClientRequest`. */
const isRequest = (of: Parts): boolean =>
  Array.isArray(of.rawHeaders)
    ? isString(of.method)
    : isFunction(of.getHeaders) && isString(of.path);

/** A `ServerResponse`, or an `IncomingMessage` of a client. */
const isResponse = (of: Parts): boolean =>
  Array.isArray(of.rawHeaders) || isFunction(of.getHeaders);

const typeOf = ({ constructor, name }: Parts): string =>
  isFunction(constructor) ? constructor.name : String(name);
