// Publishes the beginning and the end of each request on `berth/channels`.
import type { RequestHandler } from "express";
import { boundedPattern } from "../express/route-patterns";
import {
  requestEnd,
  type RequestEndEvent,
  type RequestEvent,
  requestStart,
} from "../process/channels";
import { sentStatus } from "./access-log";

/** Whether anybody listens to requests. */
export const areRequestsObserved = (): boolean =>
  requestStart.hasSubscribers || requestEnd.hasSubscribers;

/** Lets listeners surround the rest of the request. */
export const requestEvents: RequestHandler = (req, res, next) => {
  const startedAt = performance.now();
  // One object for both events: by it, listeners know the request again.
  const event: RequestEvent & Partial<RequestEndEvent> = { req, res, startedAt };
  res.on("close", () => {
    event.durationMs = performance.now() - startedAt;
    event.route = boundedPattern(req);
    event.status = sentStatus(res);
    requestEnd.publish(event as RequestEndEvent);
  });
  requestStart.publish(event);
  if (event.around) event.around(next);
  else next();
};
