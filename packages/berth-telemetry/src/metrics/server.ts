// Serves the metrics and the debugging paths on METRICS_PORT, until the process ends.
import { createServer } from "node:http";
import type { Logger } from "pino";
import { BindError, createHttpService } from "berth/listener";
import { type Endpoint, refuse } from "../endpoint";

/** Where the metrics are served. */
export interface ServerOptions {
  host: string;
  port: number;
  /** By path. */
  endpoints: ReadonlyMap<string, Endpoint>;
  logger: Logger;
}

/** Binds the port. @returns A function that closes it. @throws BindError */
export async function serveMetrics(options: ServerOptions): Promise<() => void> {
  const { host, port, endpoints, logger } = options;
  const server = createServer((req, res) => {
    const endpoint = endpoints.get(req.url?.replace(/\?.*/, "") ?? "");
    if (!endpoint) refuse(req, res, 404, "There is nothing at this path.");
    else if (req.method === "GET" || req.method === "HEAD") void endpoint(req, res);
    else refuse(req, res, 405, "This path supports GET, HEAD.", { Allow: "GET, HEAD" });
  });
  const service = createHttpService({ name: "metrics", server, target: { host, port } });
  try {
    const bound = await service.bind();
    logger.info({ port: bound.port }, `metrics are on port ${bound.port}`);
  } catch (err) {
    const message = (err as Error).message.replace(/\bPORT\b/g, "METRICS_PORT");
    // Not the error itself, whose message the log would add, with the name of another variable.
    throw new BindError(message, { cause: (err as Error).cause });
  }
  return () => {
    server.close();
    service.destroy();
  };
}
