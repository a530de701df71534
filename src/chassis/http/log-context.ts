// Lets every line that is logged for a request say which one it was.
import type { Request, RequestHandler } from "express";
import type { Logger } from "pino";
import { routePattern } from "../express/route-patterns";
import { runInLogContext } from "../process/log-context";
import { traceId } from "./trace-context";

/** Makes `log` write to the logger, with the request's fields, in all that is done for it from here on. */
export function logContext(logger: Logger): RequestHandler {
  return (req, _res, next) => runInLogContext({ logger, fields: () => requestFields(req) }, next);
}

/** What lines say of their request; each is there, if only as undefined, so that no other request's takes its place. */
export const requestFields = (req: Request) => ({
  requestId: req.id,
  traceId: traceId(req),
  route: routePattern(req),
});
