// Serializes values for the log without credentials. Of errors, requests and responses, also nested ones, only the fields
// listed here are logged: HTTP clients and drivers attach others, which may contain credentials.
import { redactText, redactUserInfo } from "./redact-text";
import { withSources } from "./source-maps";

/** Fields of any error besides type, message and stack. PostgreSQL's `detail` is not among them: it quotes the row. */
const ERROR_FIELDS = [
  ...["code", "errno", "syscall", "signal", "status", "statusCode", "service", "failure"],
  ...["severity", "schema", "table", "column", "constraint", "dataType", "routine"],
  ...["position", "statement"],
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
const REDACTED = "[redacted]";

/** Values that are nested deeper than this, or circular, are left out. */
const MAX_DEPTH = 10;
const LEFT_OUT = "[left out]";

/** An object whose properties may have any value, and may throw when they are read. */
type UnknownObject = Readonly<Record<string, unknown>>;

/** Names of additional error fields that are logged. */
export type ErrorFields = readonly string[];

/** Makes any value safe to log. @param parents The objects that contain it. */
export function redactValue(
  value: unknown,
  errorFields: ErrorFields,
  parents: readonly unknown[] = [],
): unknown {
  if (isString(value)) return redactUserInfo(value);
  if (!isObject(value) || ArrayBuffer.isView(value)) return value;
  if (parents.length >= MAX_DEPTH || parents.includes(value)) return LEFT_OUT;
  try {
    return redactObject(value, errorFields, [...parents, value]);
  } catch {
    return "[unreadable value]";
  }
}

/** @param path The objects that contain its properties: its parents and itself. */
function redactObject(
  value: UnknownObject,
  errorFields: ErrorFields,
  path: readonly unknown[],
): unknown {
  if (isError(value)) return errorParts(value, errorFields, path);
  if (isMessage(value))
    return isRequest(value) ? serializeRequest(value) : serializeResponse(value);
  // Sockets, agents and streams refer to every other open connection.
  if (isFunction(value.on) && isFunction(value.emit)) return `[${typeName(value)}]`;
  if (isFunction(value.toJSON)) return redactValue(value.toJSON(), errorFields, path);
  const redact = (item: unknown): unknown => redactValue(item, errorFields, path);
  return Array.isArray(value) ? value.map(redact) : redactFields(value, redact);
}

/** Returns the object itself if no field has to change, otherwise a copy; fields with secret names are redacted. */
export function redactFields(
  object: object,
  redact: (value: unknown, name: string) => unknown,
): object {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    const value = (object as UnknownObject)[name];
    const redacted = SECRET_NAME.test(name) ? REDACTED : redact(value, name);
    if (redacted !== value) (copy ??= { ...object })[name] = redacted;
  }
  return copy ?? object;
}

/** Makes a thrown value safe to log; it need not be an error. */
export function serializeError(thrown: unknown, errorFields: ErrorFields): unknown {
  if (!isObject(thrown)) return isString(thrown) ? redactText(thrown) : thrown;
  try {
    return errorParts(thrown, errorFields, [thrown]);
  } catch {
    return "[unreadable error]";
  }
}

function errorParts(
  err: UnknownObject,
  errorFields: ErrorFields,
  path: readonly unknown[],
): object {
  const chain = withCauses(err);
  const texts = (name: string): string[] => chain.map((link) => link[name]).filter(isString);
  const parts: Record<string, unknown> = {
    type: typeName(err),
    message: redactText(texts("message").join(": ")),
    stack: redactText(withSources(texts("stack").join("\ncaused by: "))),
  };
  if (isString(err.name) && err.name !== parts.type) parts.name = err.name;
  if (Array.isArray(err.errors)) parts.aggregateErrors = redactValue(err.errors, errorFields, path);
  for (const name of ERROR_FIELDS) {
    if (!isObject(err[name])) parts[name] = redactValue(err[name], errorFields);
  }
  // Problem details from another service are meant for its clients.
  if (err.failure === "problem") parts.problem = redactValue(err.problem, errorFields, path);
  for (const name of errorFields) parts[name] = redactValue(err[name], errorFields, path);
  return parts;
}

/** Serializes Node's request of a server (`IncomingMessage`) or a client (`ClientRequest`). */
export function serializeRequest(req: unknown): unknown {
  if (!isObject(req)) return req;
  const { id, method } = req;
  const url = req.originalUrl ?? req.url ?? req.path;
  const { remoteAddress, remotePort } = isObject(req.socket) ? req.socket : req;
  return {
    ...(isString(id) && { id }),
    method,
    ...(isString(url) && { url: redactUserInfo(url).replace(/[?#][^]*/, "") }),
    headers: listedHeaders(req, REQUEST_HEADERS),
    remoteAddress,
    remotePort,
  };
}

/** Serializes Node's response of a server (`ServerResponse`) or a client (`IncomingMessage`). */
export function serializeResponse(res: unknown): unknown {
  if (!isObject(res)) return res;
  const { headersSent, statusCode = res.status } = res;
  return {
    statusCode: headersSent === false ? null : statusCode,
    headers: listedHeaders(res, RESPONSE_HEADERS),
  };
}

function listedHeaders(message: UnknownObject, names: ReadonlySet<string>): object {
  const headers = isFunction(message.getHeaders) ? message.getHeaders() : message.headers;
  if (!isObject(headers)) return {};
  const isIterable = isFunction((headers as { [Symbol.iterator]?: unknown })[Symbol.iterator]);
  const entries = isIterable ? [...(headers as unknown as Headers)] : Object.entries(headers);
  return Object.fromEntries(
    entries
      .filter(([name]) => names.has(name.toLowerCase()))
      .map(([name, value]) => [name, redactValue(value, [])]),
  );
}

function withCauses(err: UnknownObject): UnknownObject[] {
  const chain = [err];
  for (let { cause } = err; isObject(cause) && !chain.includes(cause); { cause } = cause) {
    chain.push(cause);
  }
  return chain;
}

const isString = (value: unknown): value is string => typeof value === "string";
const isObject = (value: unknown): value is UnknownObject =>
  typeof value === "object" && value !== null;
const isFunction = (value: unknown): value is () => unknown => typeof value === "function";

/** Whether it is an error of this realm or of another, such as Node's own in a Jest test. */
export const isError = (value: unknown): value is Error =>
  value instanceof Error || (isObject(value) && isString(value.message) && isString(value.stack));

/** Whether it is a request or a response of Node's. */
export const isMessage = (value: object): boolean =>
  Object.getPrototypeOf(value) !== Object.prototype &&
  (isRequest(value as UnknownObject) || isResponse(value as UnknownObject));

/** An `IncomingMessage` of a server, or a `ClientRequest`. */
const isRequest = (message: UnknownObject): boolean =>
  Array.isArray(message.rawHeaders)
    ? isString(message.method)
    : isFunction(message.getHeaders) && isString(message.path);

/** A `ServerResponse`, or an `IncomingMessage` of a client. */
const isResponse = (message: UnknownObject): boolean =>
  Array.isArray(message.rawHeaders) || isFunction(message.getHeaders);

const typeName = ({ constructor, name }: UnknownObject): string =>
  isFunction(constructor) ? constructor.name : String(name);
