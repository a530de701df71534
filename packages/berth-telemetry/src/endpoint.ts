// What the metrics and debugging endpoints share: bearer tokens, and errors as problem details.
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { PROBLEM_TYPE, problemText } from "berth/listener";

/** Responds to GET and HEAD requests of a path, on the service's port or on `METRICS_PORT`. */
export type Endpoint = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/** Returns whether a request has the token; if not, it has already responded 401. */
export type Guard = (req: IncomingMessage, res: ServerResponse) => boolean;

/** @param variable The name of the token's variable, for the response. */
export function createGuard(token: string, variable: string): Guard {
  const expected = digest(`Bearer ${token}`);
  return (req, res) => {
    const isAllowed = timingSafeEqual(expected, digest(req.headers.authorization ?? ""));
    if (!isAllowed) {
      refuse(req, res, 401, `Send the token of ${variable}.`, { "WWW-Authenticate": "Bearer" });
    }
    return isAllowed;
  };
}

/** Digests have the same length, so that comparing them takes constant time. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Responds with problem details, without Express, which a gRPC process does not load. */
export function refuse(
  req: IncomingMessage & { id?: string },
  res: ServerResponse,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = problemText(status, { detail }, req.id ?? randomUUID());
  res.writeHead(status, {
    ...headers,
    "Content-Type": PROBLEM_TYPE,
    "Content-Length": Buffer.byteLength(text),
  });
  res.end(req.method === "HEAD" ? undefined : text);
}
