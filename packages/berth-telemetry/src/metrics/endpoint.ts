// Responds to `GET /metrics`: checks the token, and writes the format that the client asks for.
import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { PROBLEM_TYPE, problemText } from "berth/listener";
import { OPEN_METRICS, PROMETHEUS, render, type Snapshot } from "./snapshot";

/** What the endpoint needs. */
export interface EndpointOptions {
  /** Without one, everybody may read the metrics. */
  token: string | undefined;
  collect: () => Promise<Snapshot>;
  logger: Logger;
}

/** Responds with the metrics. */
export type Endpoint = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/** Creates the endpoint. Scrapes that overlap share a collection. */
export function createEndpoint({ token, collect, logger }: EndpointOptions): Endpoint {
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  let collecting: Promise<Snapshot> | undefined;
  return async (req, res) => {
    const given = digest(req.headers.authorization ?? "");
    if (expected && !timingSafeEqual(expected, given)) {
      return refuse(req, res, 401, "Send the token of METRICS_TOKEN.", {
        "WWW-Authenticate": "Bearer",
      });
    }
    try {
      const snapshot = await (collecting ??= collect().finally(() => (collecting = undefined)));
      const format = formatFor(req.headers.accept);
      const text = Buffer.from(await render(snapshot, format));
      res.writeHead(200, {
        "Content-Type": format,
        "Content-Length": text.length,
        "Cache-Control": "no-store",
      });
      res.end(req.method === "HEAD" ? undefined : text);
    } catch (err) {
      logger.error({ err }, "the metrics could not be collected");
      refuse(req, res, 500, "The metrics could not be collected.");
    }
  };
}

/** Of one length, so that comparing takes one time. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Prometheus lists the formats that it takes, the best one first. */
const formatFor = (accept = ""): typeof PROMETHEUS | typeof OPEN_METRICS =>
  /application\/openmetrics-text/i.test(accept) ? OPEN_METRICS : PROMETHEUS;

/** Responds with problem details; no Express here, which a gRPC process does not load. */
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
