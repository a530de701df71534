// One log line for each request, when its response is done or its client has gone.
import type { Socket } from "node:net";
import type { Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import { routePattern } from "../express/route-patterns";
import { clientAddress } from "./client-address";
import { refusedWith } from "./refusals";
import { traceId } from "./trace-context";

/** Logs every request at level `info`; the query is left out, as it may hold secrets. */
export function accessLog(logger: Logger): RequestHandler {
  return (req, res, next) => {
    if (!logger.isLevelEnabled("info")) return next();
    const startedAt = performance.now();
    const { socket, method } = req;
    const path = pathOf(req);
    // A socket that is gone later no longer knows its peer.
    const client = clientAddress(req);
    res.on("close", () => {
      const sent = socket.bytesWritten;
      const bytes = sent - (accounted.get(socket) ?? 0);
      accounted.set(socket, sent);
      const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
      // Not `...requestFields(req)`, which took Node 20 a quarter of a small request's time.
      const line = {
        requestId: req.id,
        traceId: traceId(req),
        route: routePattern(req),
        method,
        path,
        status: statusOf(res),
        durationMs,
        bytes,
        client,
        aborted: isAnswered(req, res) ? undefined : true,
      };
      logger.info(line, "request");
    });
    next();
  };
}

const isAnswered = (req: Request, res: Response): boolean =>
  (res.writableFinished && !req.errored) || refusedWith(res) !== undefined;

/** How many of a connection's bytes have been logged: pipelined requests come before earlier answers are written. */
const accounted = new WeakMap<Socket, number>();

/** What nginx calls a request whose connection ended before an answer began. */
const CLOSED_UNANSWERED = 499;

/** The status that was sent, in full or not. */
const statusOf = (res: Response): number =>
  refusedWith(res) ?? (res.headersSent ? res.statusCode : CLOSED_UNANSWERED);

/** A longer path is cut, in characters. */
const PATH_LIMIT = 2048;

function pathOf({ originalUrl }: Request): string {
  const query = originalUrl.indexOf("?");
  const path = query === -1 ? originalUrl : originalUrl.slice(0, query);
  return path.length > PATH_LIMIT ? `${path.slice(0, PATH_LIMIT)}...` : path;
}
