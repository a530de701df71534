// One log line for each request, when its response is done or its client has gone.
import type { Request, RequestHandler } from "express";
import type { Logger } from "pino";
import { clientAddress } from "./client-address";
import { traceId } from "./trace-context";

/** Logs every request; the query is left out, as it may hold secrets. */
export function accessLog(logger: Logger): RequestHandler {
  return (req, res, next) => {
    const startedAt = performance.now();
    const { socket, method } = req;
    const path = pathOf(req);
    // A socket that is gone later no longer knows its peer.
    const client = clientAddress(req);
    const sentBefore = socket.bytesWritten;
    res.once("close", () => {
      logger.info(
        {
          requestId: req.id,
          traceId: traceId(req),
          method,
          path,
          status: res.statusCode,
          durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
          bytes: socket.bytesWritten - sentBefore,
          client,
          aborted: res.writableFinished ? undefined : true,
        },
        "request",
      );
    });
    next();
  };
}

function pathOf({ originalUrl }: Request): string {
  const query = originalUrl.indexOf("?");
  return query === -1 ? originalUrl : originalUrl.slice(0, query);
}
