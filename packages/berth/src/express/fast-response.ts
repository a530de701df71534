// How an answer becomes one write: headers that wait aside, and JSON that passes by what Express would look at again.
import {
  type IncomingMessage,
  ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from "node:http";
import express, { type Request, type Response } from "express";
import { writeWhole } from "./write-whole";

/** Names and values in turn, until the head is written, or somebody does to a header what only Node can. */
const WAITING = Symbol("waiting headers");

/** Whether a handler's own wait among them. */
const HAS_OWN = Symbol("own headers wait");

type Base = new (req: IncomingMessage) => Response & {
  [WAITING]?: string[] | undefined;
  [HAS_OWN]?: boolean;
  /** Missing in Node's types. */
  getRawHeaderNames(): string[];
};

/** Settings that change what `res.json` writes, and the one that makes entity tags. */
interface Settings {
  "json escape"?: unknown;
  "json replacer"?: unknown;
  "json spaces"?: unknown;
  "etag fn"?: (text: string, encoding: "utf8") => string | undefined;
}

/** Express' response between Node's and an app's own. */
export class FastResponse extends (ServerResponse as unknown as Base) {
  static {
    const { prototype } = this;
    Object.setPrototypeOf(prototype, express.response);
    // A loop over a response finds what it finds on Express' own.
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (name !== "constructor") Object.defineProperty(prototype, name, { enumerable: true });
    }
    Object.defineProperty(prototype, WAITING, { value: undefined, writable: true });
    Object.defineProperty(prototype, HAS_OWN, { value: false, writable: true });
  }

  override setHeader(...args: Parameters<Response["setHeader"]>): this {
    const [name, value] = args;
    const waiting = this[WAITING];
    if (waiting === undefined || !canWait(name, value)) {
      settle(this);
      return super.setHeader(...args);
    }
    validateHeaderName(name);
    validateHeaderValue(name, value);
    const index = indexOf(waiting, name);
    if (index < 0) waiting.push(name, value);
    else [waiting[index], waiting[index + 1]] = [name, value];
    this[HAS_OWN] = true;
    return this;
  }

  override appendHeader(...args: Parameters<Response["appendHeader"]>): this {
    settle(this);
    return super.appendHeader(...args);
  }

  override removeHeader(name: string): void {
    settle(this);
    super.removeHeader(name);
  }

  override getHeader(name: string): ReturnType<Response["getHeader"]> {
    const waiting = this[WAITING];
    return waiting === undefined ? super.getHeader(name) : waiting[indexOf(waiting, name) + 1];
  }

  override hasHeader(name: string): boolean {
    const waiting = this[WAITING];
    return waiting === undefined ? super.hasHeader(name) : indexOf(waiting, name) >= 0;
  }

  override getHeaders(): ReturnType<Response["getHeaders"]> {
    settle(this);
    return super.getHeaders();
  }

  override getHeaderNames(): string[] {
    settle(this);
    return super.getHeaderNames();
  }

  override getRawHeaderNames(): string[] {
    settle(this);
    return super.getRawHeaderNames();
  }

  override writeHead(...args: unknown[]): this {
    settle(this);
    return super.writeHead(...(args as [number]));
  }

  // @ts-expect-error: its type is a property's, in truth it is a method like the others.
  override json(value?: unknown): this {
    const settings = this.app.settings as Settings;
    const isPlain =
      !settings["json escape"] && !settings["json replacer"] && !settings["json spaces"];
    if (!isPlain || !IS_OWN_JSON || super.json !== json) return super.json(value);
    const text = JSON.stringify(value) as string | undefined;
    return text !== undefined && sendAtOnce(this, JSON_TYPE, text, true) ? this : super.json(value);
  }
}

/** Whether a header can be written as it is; those that say how the body is framed are left to Node. */
const canWait = (name: unknown, value: unknown): value is string =>
  typeof name === "string" && typeof value === "string" && !FRAMING.test(name);

/** The place of a header's name in a list of names and values, or -2: what comes after it is nothing then. */
function indexOf(headers: readonly string[], name: string): number {
  const wanted = name.toLowerCase();
  for (let i = 0; i < headers.length; i += 2) {
    const found = headers[i] as string;
    if (found.length === wanted.length && found.toLowerCase() === wanted) return i;
  }
  return -2;
}

/**
 * Sets headers on a response that has none yet.
 * @param headers Names and values in turn; each response needs an array of its own.
 */
export function setDefaultHeaders(res: Response, headers: string[]): void {
  if (WAITING in res) res[WAITING] = headers;
  else setAll(res, headers);
}

/** Whether nobody has set or removed a header since the default ones were set. */
export const isUntouched = (res: Response): boolean =>
  (res as FastResponse)[WAITING] !== undefined && !(res as FastResponse)[HAS_OWN];

/**
 * Sends a whole text as one write, and tells whether it could. It cannot once somebody has wrapped a method or
 * described the body, for a conditional request, or a status without a body: Express' `send` can.
 * @param type The whole Content-Type.
 * @param isTagged Whether it gets an entity tag, if the app makes them.
 */
export function sendAtOnce(res: Response, type: string, text: string, isTagged: boolean): boolean {
  const { statusCode, req } = res;
  const waiting = (res as FastResponse)[WAITING];
  if (!isAsMade(res) || !hasBody(statusCode) || isConditional(req)) return false;
  if (res.headersSent || (waiting === undefined && hasOwnFraming(res))) return false;
  const headers = waiting ?? [];
  const bytes = Buffer.byteLength(text);
  headers.push("Content-Type", type, "Content-Length", String(bytes));
  const { "etag fn": entityTag } = res.app.settings as Settings;
  // Node writes the head in the encoding of a text behind it: a handler's own header beyond ASCII would become another.
  // And it need not look at each character for latin1, which in ASCII is the same bytes.
  const isAscii = bytes === text.length;
  const body = isAscii || isUntouched(res) ? text : Buffer.from(text);
  const tag = isTagged ? entityTag?.(text, "utf8") : undefined;
  if (tag) headers.push("ETag", tag);
  if (waiting) {
    (res as FastResponse)[WAITING] = undefined;
    res.writeHead(statusCode, headers);
  } else setAll(res, headers);
  if (req.method !== "HEAD") writeWhole(res, body, isAscii ? "latin1" : "utf8");
  res.end();
  return true;
}

function settle(res: FastResponse): void {
  const headers = res[WAITING];
  if (headers === undefined) return;
  res[WAITING] = undefined;
  setAll(res, headers);
}

/** @param headers Names and values in turn. */
function setAll(res: Response, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    res.setHeader(headers[i] as string, headers[i + 1] as string);
  }
}

/* eslint-disable @typescript-eslint/unbound-method -- compared, never called */
const { writeHead, setHeader } = FastResponse.prototype;
const { end, write } = ServerResponse.prototype;
const { json, send, set, setHeader: expressSetHeader } = express.response;

/** Whether a method is Express' own, which reads this setting: an agent wraps it before it gets here. */
const reads = (method: unknown, setting: string): boolean => String(method).includes(setting);

export const isOwnJson = (method: unknown): boolean => reads(method, "json replacer");
export const isOwnSend = (method: unknown): boolean => reads(method, "etag fn");

const IS_OWN_JSON = isOwnJson(json);
const IS_OWN_SEND = isOwnSend(send);

/** Middleware such as compression or a session wraps these to do its work when the answer is sent. */
const isAsMade = (res: Response): boolean =>
  IS_OWN_SEND &&
  res.writeHead === writeHead &&
  res.end === end &&
  res.write === write &&
  res.send === send &&
  res.set === set &&
  res.setHeader === setHeader &&
  express.response.setHeader === expressSetHeader;
/* eslint-enable @typescript-eslint/unbound-method */

/** Whether a handler has described the body itself, which `send` treats with care. */
const hasOwnFraming = (res: Response): boolean =>
  ["Content-Type", "Transfer-Encoding", "ETag"].some((name) => res.hasHeader(name));

/** What `send` and Node themselves say of an answer's body and connection. */
const FRAMING =
  /^(connection|content-(encoding|length|type)|date|etag|expect|keep-alive|trailer|transfer-encoding)$/i;

const JSON_TYPE = "application/json; charset=utf-8";

const hasBody = (status: number): boolean =>
  status >= 200 && status !== 204 && status !== 205 && status !== 304;

const isConditional = ({ headers }: Request): boolean =>
  headers["if-none-match"] !== undefined || headers["if-modified-since"] !== undefined;
