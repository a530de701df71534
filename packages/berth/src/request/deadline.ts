// Reads the caller's deadline from the header that Envoy sends, x-envoy-expected-rq-timeout-ms.
import type { Request } from "express";
import { DEADLINE_HEADER } from "../process/work-context";

/** Node's longest timer, in milliseconds: a longer timeout counts as none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * How long the caller waits for the response, in milliseconds; undefined if neither the caller nor a proxy says so.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
 */
export function timeoutMs(req: Request): number | undefined {
  const value = req.headers[DEADLINE_HEADER];
  if (typeof value !== "string" || !/^\d{1,10}$/.test(value)) return undefined;
  return Number(value) > MAX_TIMER_MS ? undefined : Number(value);
}

/** When the caller stops waiting, on the clock of `performance.now`, if the request arrives now. */
export function deadlineOf(req: Request): number | undefined {
  const ms = timeoutMs(req);
  return ms === undefined ? undefined : performance.now() + ms;
}
