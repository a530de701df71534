// Reads how long the caller waits for a response.
import type { Request } from "express";
import { DEADLINE_HEADER } from "../process/work-context";

/** Node's longest timer, in milliseconds: a longer time is no limit. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * How long the caller waits, in milliseconds, as the caller or a proxy says; undefined if neither does.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
 */
export function timeoutMs(req: Request): number | undefined {
  const value = req.headers[DEADLINE_HEADER];
  if (typeof value !== "string" || !/^\d{1,10}$/.test(value)) return undefined;
  return Number(value) > LONGEST_MS ? undefined : Number(value);
}

/** When the caller of a request that has just arrived stops waiting, on the clock of `performance.now`. */
export function deadlineOf(req: Request): number | undefined {
  const ms = timeoutMs(req);
  return ms === undefined ? undefined : performance.now() + ms;
}
