// The headers of every response: the request id and security headers.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import helmet, { type HelmetOptions } from "helmet";
import { setDefaultHeaders } from "../express/fast-response";

/**
 * Helmet's defaults, but for what breaks pages that are served by plain HTTP, as in a local network:
 * `upgrade-insecure-requests` sends their forms, styles and scripts to port 443; without it, `'self'` blocks what it would
 * upgrade. With `no-referrer`, the `Origin` of a page's own form is `null`; `same-origin` tells other origins no more.
 * @see https://fetch.spec.whatwg.org/#append-a-request-origin-header
 */
const SETTINGS: HelmetOptions = {
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  referrerPolicy: { policy: "same-origin" },
};

/** Sets `X-Request-Id` and helmet's headers on every response; handlers may change or remove them. */
export function defaultHeaders(): RequestHandler {
  const securityHeaders = helmetHeaders();
  return (req, res, next) => {
    setDefaultHeaders(res, ["X-Request-Id", req.id, ...securityHeaders]);
    next();
  };
}

/** Helmet's headers, names and values in turn: recorded by running it once, as they never change. */
export function helmetHeaders(): readonly string[] {
  const headers: string[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    // `createExpress` has already disabled it.
    removeHeader: (name: string) => name === "X-Powered-By",
  };
  helmet(SETTINGS)({} as IncomingMessage, recorder as unknown as ServerResponse, (err) => {
    if (err) throw err as Error;
  });
  return headers;
}
