// The router's own responses, as problem details, and the lines that report them to the developer.
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { PROBLEM_TYPE, problemText } from "berth/http";

/** The same problem is reported at most once in this time, in milliseconds. */
const REPORT_INTERVAL_MS = 1000;
/** In seconds. Short, as an instance may become ready at any time. */
const RETRY_AFTER = "1";

export interface Problem {
  status: number;
  /** For the client to read. */
  detail: string;
  headers?: Readonly<Record<string, string>>;
}

export const noneReady = (type: string): Problem => ({
  status: 503,
  detail: `No process of type ${type} is ready.`,
  headers: { "Retry-After": RETRY_AFTER },
});

export const connectionClosed = (name: string, code: string): Problem => ({
  status: 502,
  detail: `${name} closed the connection before it responded (${code}); it may have carried out the request.`,
});

/** Node's parser accepts some responses that Node refuses to send. */
export const invalidResponse = (name: string, why: string): Problem => ({
  status: 502,
  detail: `${name} sent a response that cannot be forwarded: ${why}.`,
});

export const timedOut = (name: string, ms: number): Problem => ({
  status: 504,
  detail: `${name} did not begin its response within ${ms / 1000} s.`,
});

export const unknownHost = (host: string | undefined, names: readonly string[]): Problem => ({
  status: 404,
  detail: `${host === undefined ? "A request without a host name" : `The host name ${JSON.stringify(host)}`} matches no route: use ${names.join(" or ")}.`,
});

export const invalidRequest = (why: string): Problem => ({
  status: 400,
  detail: `The request cannot be forwarded: ${why}.`,
});

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-6.1 */
export const unknownCoding: Problem = {
  status: 501,
  detail: "The request's body has a transfer coding other than chunked.",
};

/** Sends problem details. Closes the connection if the request has not been read to its end. */
export function sendProblem(
  req: IncomingMessage,
  res: ServerResponse,
  id: string,
  problem: Problem,
): void {
  const { status, detail, headers } = problem;
  const body = problemText(status, { detail }, id);
  res.writeHead(status, STATUS_CODES[status], {
    "X-Request-Id": id,
    "Content-Type": PROBLEM_TYPE,
    "Content-Length": String(Buffer.byteLength(body)),
    ...headers,
    ...(!req.complete && { Connection: "close" }),
  });
  res.end(body);
}

/** Returns a function that reports a request that could not be forwarded, without its query, which may hold secrets. */
export function createReporter(say: (text: string) => void) {
  const reported = new Map<string, number>();
  return (req: IncomingMessage, id: string, { status, detail }: Problem): void => {
    const now = performance.now();
    const key = `${status} ${detail}`;
    if (now - (reported.get(key) ?? -REPORT_INTERVAL_MS) < REPORT_INTERVAL_MS) return;
    reported.set(key, now);
    const [path = ""] = (req.url ?? "").split("?", 1);
    say(`router responded ${status} to ${req.method} ${path} (request ${id}): ${detail}`);
  };
}
