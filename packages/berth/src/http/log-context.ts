// Lets every line that is logged for a request say which one it was, and every call that is made for it take its ids along.
import type { Request, RequestHandler } from "express";
import type { Logger } from "pino";
import { routePattern } from "../express/route-patterns";
import { runInWorkContext } from "../process/work-context";
import { deadlineOf } from "./deadline";
import { traceHeaders, traceId } from "./trace-context";

/**
 * Makes `log` write to the logger, with the request's fields, in all that is done for it from here on; calls to other
 * services say whom they are for.
 */
export function logContext(logger: Logger): RequestHandler {
  return (req, _res, next) => {
    const context = {
      logger,
      fields: () => requestFields(req),
      travels: () => ({ "x-request-id": req.id, ...traceHeaders(req) }),
      deadline: deadlineOf(req),
    };
    runInWorkContext(context, next);
  };
}

/** What lines say of their request; each is there, if only as undefined, so that no other request's takes its place. */
export const requestFields = (req: Request) => ({
  requestId: req.id,
  traceId: traceId(req),
  route: routePattern(req),
});
