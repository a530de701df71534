// Gives a request its async context: its ids in all its log lines, and in the calls made for it.
import type { Request, RequestHandler } from "express";
import type { Logger } from "pino";
import { routePattern } from "../express/route-patterns";
import { runInWorkContext } from "../process/work-context";
import { deadlineOf } from "../request/deadline";
import { traceHeaders, traceId } from "../request/trace-context";

/**
 * Makes `log` write to this logger with the request's fields while the request is handled; calls to other services get
 * its request id, trace headers and deadline.
 */
export function logContext(logger: Logger): RequestHandler {
  return (req, _res, next) => {
    const context = {
      logger,
      fields: () => requestFields(req),
      headersToPropagate: () => ({ "x-request-id": req.id, ...traceHeaders(req) }),
      deadline: deadlineOf(req),
    };
    runInWorkContext(context, next);
  };
}

/** A request's fields in log lines; all are set, even if undefined, so that none is inherited from another request. */
export const requestFields = (req: Request) => ({
  requestId: req.id,
  traceId: traceId(req),
  route: routePattern(req),
});
