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
  /**
   * Resolves with the whole answer, or the head of a stream of events, which has no end.
   * @param limitMs As for all by default.
   * @throws LateAnswer, Error when the connection breaks.
   */
  exchange(sent: Sent, limitMs?: number): Promise<Answer>;
  close(): void;
}

/** Thrown when there is no whole answer within the time. */
export class LateAnswer extends Error {}

const ENDLESS = "text/event-stream";

/** @param timeoutMs How long an answer may take. */
export function connectTo(url: string, timeoutMs: number): Service {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port, pathname } = new URL(url);
  // An IPv6 address has brackets in a URL only.
  const host = hostname.replace(/^\[|\]$/g, "");
  const prefix = pathname.replace(/\/$/, "");

  const exchange = ({ method, target, headers, body }: Sent, limitMs = timeoutMs) =>
    new Promise<Answer>((resolve, reject) => {
      const path = prefix + target;
      const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
      const req = request({ agent, host, port, method, path, headers: { ...headers, ...length } });
      let late = `no answer within ${limitMs} ms`;
      const timer = setTimeout(() => req.destroy(new LateAnswer(late)), limitMs);
      const fail = (err: Error) => {
        clearTimeout(timer);
        reject(err instanceof LateAnswer ? err : new Error(err.message || "the connection broke"));
      };
      req.once("response", (res) => {
        const status = res.statusCode ?? 0;
        const answered = res.headers as Answer["headers"];
        if (answered["content-type"]?.startsWith(ENDLESS)) {
          clearTimeout(timer);
          resolve({ status, headers: answered, body: "" });
          return req.destroy();
        }
        late = `an answer that has not ended within ${limitMs} ms: end it, or describe a stream of events, { mediaType: "${ENDLESS}" }`;
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.once("error", fail);
        res.once("end", () => {
          clearTimeout(timer);
          // A body that nobody wanted may still be on its way.
          if (!req.writableFinished) req.destroy();
          resolve({ status, headers: answered, body: Buffer.concat(chunks).toString() });
        });
      });
      // After the answer it is about the rest of a body that was refused.
      req.on("error", fail);
      req.end(body);
    });
  return { url: url.replace(/\/$/, ""), exchange, close: () => agent.destroy() };
}
