// Sends requests to the calling service, without retries.
import { type Agent, type IncomingHttpHeaders, request } from "node:http";

/** The response that a caller got. */
export interface RequestResult {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readonly<Record<string, unknown>>;
  tookMs: number;
}

/** The request. Default: a GET. */
export interface RequestOptions {
  method?: "GET" | "POST";
  headers?: Readonly<Record<string, string>>;
  /** The agent whose connections are used. Default: a new connection. */
  agent?: Agent;
}

/** The time limit for a response, in milliseconds; if it is exceeded, the service hangs, which is a finding. */
const LIMIT_MS = 30_000;

/** Sends a request. Without a complete JSON response the status is 0, and the body has the reason. */
export function ask(
  port: number,
  path: string,
  { method = "GET", headers = {}, agent }: RequestOptions = {},
): Promise<RequestResult> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, of: IncomingHttpHeaders, body: RequestResult["body"]): void =>
      resolve({ status, headers: of, body, tookMs: performance.now() - startedAt });
    const fail = (err: unknown): void => end(0, {}, { detail: String(err) });
    const signal = AbortSignal.timeout(LIMIT_MS);
    const to = { host: "127.0.0.1", port, path, agent: agent ?? (false as const) };
    const req = request({ ...to, method, headers, signal }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      res.on("error", fail).on("end", () => {
        try {
          end(res.statusCode!, res.headers, JSON.parse(text) as RequestResult["body"]);
        } catch (err) {
          fail(err);
        }
      });
    });
    req.on("error", fail).end();
  });
}
