// Reads and validates a request's body when a handler asks for it, so middleware can refuse a request unread.
import { isUtf8 } from "node:buffer";
import type { Request, RequestHandler } from "express";
import type * as v from "valibot";
import { bodyLimit } from "../express/app";
import { Problem } from "../request/problem";
import type { BodyOptions } from "../schema/description";
import type { explain } from "../schema/explain";
import { byPointer, validate } from "../schema/validate";
import { isTooDeep, MAX_DEPTH } from "./json-depth";
import { decompress, hasBody, readWhole } from "./read-body";

/** How a body's bytes are read. */
export interface BytesOptions extends BodyOptions {
  /** Returns them as sent, without decompressing; false by default. */
  asSent?: boolean;
}

/**
 * The request's JSON body, validated. If `req.body` is already set, as by middleware, that is validated.
 * @throws Problem 415 when the body is not JSON in UTF-8, 400 when it is missing or malformed, 413 over the limit, 422
 *   with one entry for each invalid field, located by JSON pointer: the first 20, and at least how many were `omitted`.
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export async function parseBody<S extends v.GenericSchema>(
  schema: S,
  req: Request,
  options: BodyOptions = {},
): Promise<v.InferOutput<S>> {
  if (req.body === undefined) req.body = await readJson(req, options);
  return checkFields(schema, req.body);
}

/**
 * The bytes of the request's body, of any type. They are kept, also for `parseBody` and `parseForm`, so a handler can
 * verify a signature before parsing what it signs.
 * @throws Problem 413 over the limit, 415 for an unknown Content-Encoding, 400 if the body cannot be decompressed.
 */
export async function readBytes(req: Request, options: BytesOptions = {}): Promise<Buffer> {
  const { limitBytes = bodyLimit(req), asSent = false } = options;
  const sent = await readSent(req, limitBytes);
  bytesRead.set(req, sent);
  return asSent ? sent : decompress(req, sent, limitBytes);
}

/** The bodies, as sent, of requests whose handlers have called `readBytes`. */
const bytesRead = new WeakMap<Request, Buffer>();

const readSent = (req: Request, limitBytes: number): Buffer | Promise<Buffer> =>
  bytesRead.get(req) ?? readWhole(req, limitBytes);

/** Parses JSON bodies into `req.body`, for middleware that expects them there; other bodies are not read. */
export function jsonBody(options: BodyOptions = {}): RequestHandler {
  return async (req, _res, next) => {
    if (req.body === undefined && hasBody(req) && JSON_TYPE.test(typeOf(req))) {
      req.body = await readJson(req, options);
    }
    next();
  };
}

/** @throws Problem 422 with one entry for each invalid field. */
export const checkFields = <S extends v.GenericSchema>(
  schema: S,
  body: unknown,
  say?: typeof explain,
): v.InferOutput<S> => validate(schema, body, 422, "Some fields are not valid.", byPointer, say);

const JSON_TYPE = /^application\/json[ \t]*(;|$)/i;
/** Any charset but UTF-8, quoted or not; quoted values of other parameters are skipped. */
const OTHER_CHARSET =
  /^([^"]|"([^"\\]|\\.)*")*?;[ \t]*charset=(?!(?<quote>"?)utf-8\k<quote>[ \t]*(;|$))/i;
const BYTE_ORDER_MARK = "\ufeff";

/** The Content-Type, or nothing. */
export const typeOf = ({ headers }: Request): string => headers["content-type"] ?? "";

async function readJson(req: Request, options: BodyOptions): Promise<object> {
  if (!hasBody(req)) throw new Problem(400, "The request needs a JSON body.");
  if (!JSON_TYPE.test(typeOf(req))) throw new Problem(415, NOT_JSON_TYPE);
  const text = await readText(req, options);
  if (isTooDeep(text)) throw new Problem(400, TOO_DEEP);
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch {
    throw new Problem(400, NOT_JSON);
  }
  if (typeof value !== "object" || value === null) throw new Problem(400, NOT_JSON);
  return value;
}

/** A body as text. UTF-8 only: RFC 8259, section 8.1, requires it for JSON, and the URL standard for forms. */
export async function readText(req: Request, options: BodyOptions): Promise<string> {
  if (OTHER_CHARSET.test(typeOf(req))) throw new Problem(415, UNKNOWN_CHARSET);
  const { limitBytes = bodyLimit(req) } = options;
  let body = await readSent(req, limitBytes);
  if (req.headers["content-encoding"]) body = await decompress(req, body, limitBytes);
  if (!isUtf8(body)) throw new Problem(400, "The body is not valid UTF-8.");
  return body.toString();
}

const NOT_JSON_TYPE = "The body must be JSON: send Content-Type: application/json.";
const NOT_JSON = "The body must be valid JSON: an object or an array.";
const TOO_DEEP = `The body is nested too deeply: at most ${MAX_DEPTH} levels of objects and arrays are allowed.`;
const UNKNOWN_CHARSET = "The body's charset is not supported: send UTF-8.";
