// The middleware that every request passes first, as one layer.
import type { NextFunction, RequestHandler } from "express";
import type { Logger } from "pino";
import { timeoutMs } from "../request/deadline";
import { requestId } from "../request/request-id";
import { accessLog } from "./access-log";
import { defaultHeaders } from "./default-headers";
import { logContext } from "./log-context";
import { areRequestsObserved, requestEvents } from "./request-events";
import { sendProblem } from "./send-problem";
import { strictHead } from "./strict-head";

/**
 * Gives every request an id, a log context and a line in the access log, and every response its security headers;
 * refuses ambiguous request heads, and requests whose deadline has passed.
 */
export function everyRequest(logger: Logger): RequestHandler {
  const rest = [
    logContext(logger),
    accessLog(logger),
    defaultHeaders(),
    strictHead,
    refuseLate,
  ] as const;
  const unobserved = asOneLayer(requestId, ...rest);
  const observed = asOneLayer(requestId, requestEvents, ...rest);
  return (req, res, next) => (areRequestsObserved() ? observed : unobserved)(req, res, next);
}

/** Responds 504 if the caller's deadline has already passed. Not logged as an error, as any client can cause it. */
export const refuseLate: RequestHandler = (req, res, next) => {
  if (timeoutMs(req) === 0) sendProblem(req, res, 504, { detail: DEADLINE_PASSED });
  else next();
};

const DEADLINE_PASSED = "The caller's deadline passed before the request arrived.";

/** Only for synchronous middleware; most of these cost less than a layer of their own. */
function asOneLayer(...handlers: RequestHandler[]): RequestHandler {
  return (req, res, next) => {
    let index = 0;
    const step: NextFunction = (err?: unknown) => {
      const handler = handlers[index++];
      if (err || !handler) next(err);
      else void handler(req, res, step);
    };
    step();
  };
}
