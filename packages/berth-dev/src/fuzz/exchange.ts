// An HTTP client that sends requests unchanged, even those that fetch would reject or normalise.
import { Agent, type IncomingMessage, request } from "node:http";

/** A request, exactly as it is sent. */
export interface FuzzRequest {
  method: string;
  /** Path and query, encoded. */
  target: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
}

/** A service's response. */
export interface Response {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

/** A service, reached over keep-alive connections. */
export interface Service {
  /** As `http://127.0.0.1:5000`. */
  url: string;
  /**
   * Resolves to the whole response; for an event stream, which need not end, to its first events.
   * @param limitMs Default: the timeout of all requests.
   * @throws ResponseTimeout after the timeout, Error when the connection breaks.
   */
  exchange(sent: FuzzRequest, limitMs?: number): Promise<Response>;
  close(): void;
}

/** Thrown when the response is not complete in time. */
export class ResponseTimeout extends Error {}

const EVENT_STREAM = "text/event-stream";
/** How much of an event stream is read: this many characters, or what arrives without a pause, in milliseconds. */
const STREAM_LIMIT = 10_000;
const PAUSE_MS = 20;

/** @param timeoutMs How long a response may take. */
export function connectTo(url: string, timeoutMs: number): Service {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port, pathname } = new URL(url);
  // An IPv6 address has brackets only in a URL.
  const host = hostname.replace(/^\[|\]$/g, "");
  const prefix = pathname.replace(/\/$/, "");

  const exchange = ({ method, target, headers, body }: FuzzRequest, limitMs = timeoutMs) =>
    new Promise<Response>((resolve, reject) => {
      const path = prefix + target;
      const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
      const req = request({ agent, host, port, method, path, headers: { ...headers, ...length } });
      let late = `no response within ${limitMs} ms`;
      const timer = setTimeout(() => req.destroy(new ResponseTimeout(late)), limitMs);
      const fail = (err: Error) => {
        clearTimeout(timer);
        reject(
          err instanceof ResponseTimeout
            ? err
            : new Error(err.message || "the connection was closed"),
        );
      };
      req.once("response", (res) => {
        const status = res.statusCode ?? 0;
        const received = res.headers as Response["headers"];
        if (received["content-type"]?.startsWith(EVENT_STREAM)) {
          clearTimeout(timer);
          return void readSome(res).then((body) => {
            resolve({ status, headers: received, body });
            req.destroy();
          });
        }
        late = `the response did not end within ${limitMs} ms: end it, or describe an event stream, { mediaType: "${EVENT_STREAM}" }`;
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.once("error", fail);
        res.once("end", () => {
          clearTimeout(timer);
          // The service may have responded before it read the whole body.
          if (!req.writableFinished) req.destroy();
          resolve({ status, headers: received, body: Buffer.concat(chunks).toString() });
        });
      });
      // Later errors, after the response, concern the rest of a body that was rejected.
      req.on("error", fail);
      req.end(body);
    });
  return { url: url.replace(/\/$/, ""), exchange, close: () => agent.destroy() };
}

/** Resolves to the begin of a stream; never rejects. */
function readSome(res: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const done = (): void => {
      clearTimeout(timer);
      resolve(text);
    };
    const timer = setTimeout(done, PAUSE_MS);
    res.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      timer.refresh();
      if (text.length >= STREAM_LIMIT) done();
    });
    res.on("end", done).on("error", done);
  });
}
