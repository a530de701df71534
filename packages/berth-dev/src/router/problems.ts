// What the router answers itself, in the shape of Berth's own problems, and tells those who watch the formation.
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { PROBLEM_TYPE, problemText } from "berth/http";

/** Of many at once one line is enough, in milliseconds. */
const QUIET_MS = 1000;

/** What is wrong with a request. */
export interface Fault {
  status: number;
  /** For the client to read. */
  detail: string;
  headers?: Readonly<Record<string, string>>;
}

/** Answers with problem details; the connection ends with them when the request has not been read to its end. */
export function sendFault(
  req: IncomingMessage,
  res: ServerResponse,
  id: string,
  fault: Fault,
): void {
  const { status, detail, headers } = fault;
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

/** Returns what says that a request could not be passed on; the query is left out, as it may hold secrets. */
export function createReporter(say: (text: string) => void) {
  const told = new Map<string, number>();
  return (req: IncomingMessage, id: string, { status, detail }: Fault): void => {
    const now = performance.now();
    const key = `${status} ${detail}`;
    if (now - (told.get(key) ?? -QUIET_MS) < QUIET_MS) return;
    told.set(key, now);
    const [path = ""] = (req.url ?? "").split("?", 1);
    say(`router answered ${status} to ${req.method} ${path} (request ${id}): ${detail}`);
  };
}
