// Sends one request as it is, also where clients would rather not.
import { Agent, request } from "node:http";

/** A request, byte by byte as it was made. */
export interface Sent {
  method: string;
  /** Path and query, encoded. */
  target: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Buffer;
}

/** What came back. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

/** Where requests go, over connections that are kept. */
export interface Service {
  /** As `http://127.0.0.1:5000`. */
  url: string;
  /** @throws Error when there is no whole answer within the time. */
  exchange(sent: Sent): Promise<Answer>;
  close(): void;
}

/** @param timeoutMs How long an answer may take. */
export function connectTo(url: string, timeoutMs: number): Service {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port, pathname } = new URL(url);
  // An IPv6 address has brackets in a URL only.
  const host = hostname.replace(/^\[|\]$/g, "");
  const prefix = pathname.replace(/\/$/, "");

  const exchange = ({ method, target, headers, body }: Sent) =>
    new Promise<Answer>((resolve, reject) => {
      const path = prefix + target;
      const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
      const req = request({ agent, host, port, method, path, headers: { ...headers, ...length } });
      const timer = setTimeout(
        () => req.destroy(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      const fail = (err: Error) => {
        clearTimeout(timer);
        reject(new Error(err.message || "the connection broke"));
      };
      req.once("response", (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.once("error", fail);
        res.once("end", () => {
          clearTimeout(timer);
          // A body that nobody wanted may still be on its way.
          if (!req.writableFinished) req.destroy();
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers as Answer["headers"],
            body: text,
          });
        });
      });
      // After the answer it is about the rest of a body that was refused.
      req.on("error", fail);
      req.end(body);
    });
  return { url: url.replace(/\/$/, ""), exchange, close: () => agent.destroy() };
}
