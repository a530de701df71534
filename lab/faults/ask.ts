// Callers of the subject, which send a request once and say what came of it.
import { type Agent, type IncomingHttpHeaders, request } from "node:http";

/** What a caller got. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readonly<Record<string, unknown>>;
  tookMs: number;
}

/** What is asked; a GET by default. */
export interface Question {
  method?: "GET" | "POST";
  headers?: Readonly<Record<string, string>>;
  /** Whose connections it uses; one of its own by default. */
  agent?: Agent;
}

/** No answer may take longer, in milliseconds: then the subject hangs, which is a finding. */
const LIMIT_MS = 30_000;

/** Sends a request; without a whole answer in JSON the status is 0, and the body says why. */
export function ask(
  port: number,
  path: string,
  { method = "GET", headers = {}, agent }: Question = {},
): Promise<Answer> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, of: IncomingHttpHeaders, body: Answer["body"]): void =>
      resolve({ status, headers: of, body, tookMs: performance.now() - startedAt });
    const fail = (err: unknown): void => end(0, {}, { detail: String(err) });
    const signal = AbortSignal.timeout(LIMIT_MS);
    const to = { host: "127.0.0.1", port, path, agent: agent ?? (false as const) };
    const req = request({ ...to, method, headers, signal }, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      res.on("error", fail).on("end", () => {
        try {
          end(res.statusCode!, res.headers, JSON.parse(text) as Answer["body"]);
        } catch (err) {
          fail(err);
        }
      });
    });
    req.on("error", fail).end();
  });
}
