// Responds to `GET /metrics`: checks the token, and sends the format that the client accepts.
import type { Logger } from "pino";
import { createGuard, type Endpoint, refuse } from "../endpoint";
import { OPEN_METRICS, PROMETHEUS, render, type Snapshot } from "./snapshot";

/** What the endpoint needs. */
export interface EndpointOptions {
  /** If undefined, any client may read the metrics. */
  token: string | undefined;
  collect: () => Promise<Snapshot>;
  logger: Logger;
}

/** Creates the endpoint. Overlapping scrapes share one collection. */
export function createEndpoint({ token, collect, logger }: EndpointOptions): Endpoint {
  const isAllowed = token === undefined ? () => true : createGuard(token, "METRICS_TOKEN");
  let collecting: Promise<Snapshot> | undefined;
  return async (req, res) => {
    if (!isAllowed(req, res)) return;
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

/** OpenMetrics, if the client accepts it. */
const formatFor = (accept = ""): typeof PROMETHEUS | typeof OPEN_METRICS =>
  /application\/openmetrics-text/i.test(accept) ? OPEN_METRICS : PROMETHEUS;
