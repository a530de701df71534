// How long whoever has sent a request waits for its answer.
import type { Request, RequestHandler } from "express";
import { DEADLINE_HEADER } from "../process/work-context";
import { sendProblem } from "./problem";

/** Node's longest timer, in milliseconds: what is longer is no limit. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * How long the caller waits, in milliseconds, as it says, or as a proxy says for it; undefined when nobody does.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
 */
function timeoutMs(req: Request): number | undefined {
  const value = req.headers[DEADLINE_HEADER];
  if (typeof value !== "string" || !/^\d{1,10}$/.test(value)) return undefined;
  return Number(value) > LONGEST_MS ? undefined : Number(value);
}

/** When the caller stops waiting, on the clock of `performance.now`, if the request has just come. */
export function deadlineOf(req: Request): number | undefined {
  const ms = timeoutMs(req);
  return ms === undefined ? undefined : performance.now() + ms;
}

/** Answers 504 whose caller does not wait any more: what is done for it would be in vain. It is no fault of the service. */
export const refuseLate: RequestHandler = (req, res, next) => {
  if (timeoutMs(req) === 0) sendProblem(req, res, 504, { detail: TIME_UP });
  else next();
};

const TIME_UP = "The caller's time was up before its request came.";
