// Publishes the attempts of calls to another service on `berth/channels`.
import { attemptEnd, type AttemptEvent, attemptStart } from "../process/channels";
import type { ServiceRequest } from "./request";

/** A published attempt. */
export interface PublishedAttempt {
  /** The request, with the headers that subscribers have added. */
  request: ServiceRequest;
  end(err?: unknown): void;
}

/** Publishes that a request is about to be sent; undefined without subscribers. */
export function publishAttempt(
  service: string,
  origin: string,
  request: ServiceRequest,
  attempt: number,
): PublishedAttempt | undefined {
  if (!attemptStart.hasSubscribers && !attemptEnd.hasSubscribers) return undefined;
  const { method, path } = request;
  const url = origin + path.replace(/\?.*/, "");
  const startedAt = performance.now();
  const event: AttemptEvent = { service, method, url, attempt, headers: {}, startedAt };
  attemptStart.publish(event);
  return {
    request: { ...request, headers: { ...request.headers, ...event.headers } },
    end(err) {
      const durationMs = performance.now() - startedAt;
      attemptEnd.publish(Object.assign(event, { durationMs, err }));
    },
  };
}
