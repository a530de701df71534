// The classes of requests and responses: Express' own prototypes, set once instead of for every message.
import { IncomingMessage, ServerResponse } from "node:http";
import express, { type Express, type Request, type Response } from "express";

declare module "express-serve-static-core" {
  interface Response {
    /**
     * Default headers, names and values in turn, that wait aside until the head is written. Whoever looks at, sets or
     * removes a header finds them set; undefined from then on. Each response needs an array of its own.
     */
    defaultHeaders: string[] | undefined;
    /**
     * Sends a whole text as one write, and tells whether it could. It cannot once somebody has wrapped a method or
     * described the body, for a conditional request, or a status without a body: Express' `send` can.
     * @param type The whole Content-Type.
     * @param isTagged Whether it gets an entity tag, if the app makes them.
     */
    sendAtOnce(type: string, text: string, isTagged: boolean): boolean;
  }
}

/** What `http.createServer` is to make messages of. */
export interface MessageClasses {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
}

/** Settings that change what `res.json` writes, and the one that makes entity tags. */
interface Settings {
  "json escape"?: unknown;
  "json replacer"?: unknown;
  "json spaces"?: unknown;
  "etag fn"?: (text: string, encoding: "utf8") => string | undefined;
}

type Base = new (req: IncomingMessage) => Response;

/**
 * Makes `app.request` and `app.response` the prototypes of two classes; to be called before anything is mounted.
 * Express sets the prototype of each request and response, which makes V8 treat every such object as a special case:
 * made from `messageClasses` they have the prototype already. They inherit from the app's own, so all that Express and others
 * have put there stays.
 */
export function pinPrototypes(app: Express): void {
  class PinnedRequest extends IncomingMessage {}

  class PinnedResponse extends (ServerResponse as unknown as Base) {
    override setHeader(...args: Parameters<Response["setHeader"]>): this {
      this.settle();
      return super.setHeader(...args);
    }

    override appendHeader(...args: Parameters<Response["appendHeader"]>): this {
      this.settle();
      return super.appendHeader(...args);
    }

    override removeHeader(name: string): void {
      this.settle();
      super.removeHeader(name);
    }

    override getHeader(name: string): ReturnType<Response["getHeader"]> {
      this.settle();
      return super.getHeader(name);
    }

    override hasHeader(name: string): boolean {
      this.settle();
      return super.hasHeader(name);
    }

    override getHeaders(): ReturnType<Response["getHeaders"]> {
      this.settle();
      return super.getHeaders();
    }

    override getHeaderNames(): string[] {
      this.settle();
      return super.getHeaderNames();
    }

    override writeHead(...args: unknown[]): this {
      this.settle();
      return super.writeHead(...(args as [number]));
    }

    override sendAtOnce(type: string, text: string, isTagged: boolean): boolean {
      const { defaultHeaders, statusCode, req } = this;
      if (isWrapped(this) || !hasBody(statusCode) || isConditional(req)) return false;
      if (this.headersSent || (defaultHeaders === undefined && this.hasOwnFraming())) return false;
      const headers = defaultHeaders ?? [];
      headers.push("Content-Type", type, "Content-Length", String(Buffer.byteLength(text)));
      const { "etag fn": entityTag } = this.app.settings as Settings;
      const tag = isTagged ? entityTag?.(text, "utf8") : undefined;
      if (tag) headers.push("ETag", tag);
      if (defaultHeaders) {
        this.defaultHeaders = undefined;
        super.writeHead(statusCode, headers);
      } else setAll(this, headers);
      if (req.method !== "HEAD") this.writeWhole(text);
      this.end();
      return true;
    }

    /** Whether a handler has described the body itself. */
    private hasOwnFraming(): boolean {
      return FRAMING.some((name) => super.hasHeader(name));
    }

    // @ts-expect-error: its type is a property's, in truth it is a method like the others.
    override json(value?: unknown): this {
      const settings = this.app.settings as Settings;
      const isPlain =
        !settings["json escape"] && !settings["json replacer"] && !settings["json spaces"];
      const text = isPlain ? (JSON.stringify(value) as string | undefined) : undefined;
      const isSent = text !== undefined && this.sendAtOnce(JSON_TYPE, text, true);
      return isSent ? this : super.json(value);
    }

    /** Node would write the end of the response, an empty string, together with the text: as two, which is dearer. */
    private writeWhole(text: string): void {
      this.socket?.cork();
      this.write(text);
      this.socket?.uncork();
    }

    private settle(): void {
      const { defaultHeaders } = this;
      if (defaultHeaders === undefined) return;
      this.defaultHeaders = undefined;
      setAll(this, defaultHeaders);
    }
  }

  // eslint-disable-next-line @typescript-eslint/unbound-method -- compared, never called
  const { writeHead } = PinnedResponse.prototype;
  const isWrapped = (res: Response): boolean =>
    res.writeHead !== writeHead || res.end !== end || res.write !== write || res.send !== send;

  inherit(PinnedRequest.prototype, app.request);
  inherit(PinnedResponse.prototype, app.response);
  app.request = PinnedRequest.prototype as Request;
  app.response = PinnedResponse.prototype;
}

/** @param headers Names and values in turn. */
function setAll(res: Response, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    res.setHeader(headers[i] as string, headers[i + 1] as string);
  }
}

/** When an app is mounted, Express puts its parent's prototype in place of this one, but not its own properties: `app`. */
function inherit(pinned: object, original: object): void {
  Object.setPrototypeOf(pinned, original);
  Object.defineProperties(pinned, Object.getOwnPropertyDescriptors(original));
}

/** The classes behind a pinned app's requests and responses, for `http.createServer`. */
export function messageClasses(app: Express): MessageClasses {
  return {
    IncomingMessage: app.request.constructor as typeof IncomingMessage,
    ServerResponse: app.response.constructor as typeof ServerResponse,
  };
}

// Middleware such as compression or a session wraps these to do its work when the answer is sent.
// eslint-disable-next-line @typescript-eslint/unbound-method -- compared, never called
const { end, write } = ServerResponse.prototype;
const { send } = express.response;

/** What `send` treats with care when it is there already. */
const FRAMING = ["Content-Type", "Transfer-Encoding", "ETag"];

const JSON_TYPE = "application/json; charset=utf-8";

const hasBody = (status: number): boolean =>
  status >= 200 && status !== 204 && status !== 205 && status !== 304;

const isConditional = ({ headers }: Request): boolean =>
  headers["if-none-match"] !== undefined || headers["if-modified-since"] !== undefined;
