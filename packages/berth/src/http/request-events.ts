// Publishes the beginning and the end of each request, for whoever listens.
import type { RequestHandler } from "express";
import { boundedPattern } from "../express/route-patterns";
import { requestEnd, type RequestEvent, requestStart } from "../process/channels";
import { sentStatus } from "./access-log";

/** Lets listeners surround the rest of the request; without one it does nothing. */
export const requestEvents: RequestHandler = (req, res, next) => {
  if (!requestStart.hasSubscribers && !requestEnd.hasSubscribers) return next();
  const event: RequestEvent = { req, res, startedAt: performance.now() };
  res.on("close", () => {
    const durationMs = performance.now() - event.startedAt;
    // The event itself, by which listeners know the request again.
    requestEnd.publish(
      Object.assign(event, { durationMs, route: boundedPattern(req), status: sentStatus(res) }),
    );
  });
  requestStart.publish(event);
  if (event.around) event.around(next);
  else next();
};
