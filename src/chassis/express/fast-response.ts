// How an answer becomes one write: headers that wait aside, and JSON that passes by what Express would look at again.
import { type IncomingMessage, ServerResponse } from "node:http";
import express, { type Request, type Response } from "express";
import { writeWhole } from "./write-whole";

/** Names and values in turn, until somebody looks at, sets or removes a header, or the head is written. */
const WAITING = Symbol("waiting headers");

type Base = new (req: IncomingMessage) => Response & { [WAITING]?: string[] | undefined };

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
  }

  override setHeader(...args: Parameters<Response["setHeader"]>): this {
    settle(this);
    return super.setHeader(...args);
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
    settle(this);
    return super.getHeader(name);
  }

  override hasHeader(name: string): boolean {
    settle(this);
    return super.hasHeader(name);
  }

  override getHeaders(): ReturnType<Response["getHeaders"]> {
    settle(this);
    return super.getHeaders();
  }

  override getHeaderNames(): string[] {
    settle(this);
    return super.getHeaderNames();
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
    if (!isPlain || super.json !== json) return super.json(value);
    const text = JSON.stringify(value) as string | undefined;
    return text !== undefined && sendAtOnce(this, JSON_TYPE, text, true) ? this : super.json(value);
  }
}

/**
 * Sets headers on a response that has none yet.
 * @param headers Names and values in turn; each response needs an array of its own.
 */
export function setDefaultHeaders(res: Response, headers: string[]): void {
  if (WAITING in res) res[WAITING] = headers;
  else setAll(res, headers);
}

/** Whether nobody has looked at, set or removed a header since the default ones were set. */
export const isUntouched = (res: Response): boolean => (res as FastResponse)[WAITING] !== undefined;

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
  headers.push("Content-Type", type, "Content-Length", String(Buffer.byteLength(text)));
  const { "etag fn": entityTag } = res.app.settings as Settings;
  const tag = isTagged ? entityTag?.(text, "utf8") : undefined;
  if (tag) headers.push("ETag", tag);
  if (waiting) {
    (res as FastResponse)[WAITING] = undefined;
    res.writeHead(statusCode, headers);
  } else setAll(res, headers);
  if (req.method !== "HEAD") writeWhole(res, text);
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

/** Middleware such as compression or a session wraps these to do its work when the answer is sent. */
const isAsMade = (res: Response): boolean =>
  res.writeHead === writeHead &&
  res.end === end &&
  res.write === write &&
  res.send === send &&
  res.set === set &&
  res.setHeader === setHeader &&
  express.response.setHeader === expressSetHeader;
/* eslint-enable @typescript-eslint/unbound-method */

/** Whether a handler has described the body itself, which `send` treats with care. */
const hasOwnFraming = (res: Response): boolean => FRAMING.some((name) => res.hasHeader(name));

const FRAMING = ["Content-Type", "Transfer-Encoding", "ETag"];

const JSON_TYPE = "application/json; charset=utf-8";

const hasBody = (status: number): boolean =>
  status >= 200 && status !== 204 && status !== 205 && status !== 304;

const isConditional = ({ headers }: Request): boolean =>
  headers["if-none-match"] !== undefined || headers["if-modified-since"] !== undefined;
