// The headers of every response: the request id and security headers.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import helmet from "helmet";
import { setDefaultHeaders } from "../express/fast-response";

/** Sets `X-Request-Id` and helmet's headers on every response; handlers may change or remove them. */
export function defaultHeaders(): RequestHandler {
  const securityHeaders = helmetHeaders();
  return (req, res, next) => {
    setDefaultHeaders(res, ["X-Request-Id", req.id, ...securityHeaders]);
    next();
  };
}

/** Helmet's default headers, names and values in turn: recorded by running it once, as they never change. */
export function helmetHeaders(): readonly string[] {
  const headers: string[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    // `createExpress` has already disabled it.
    removeHeader: (name: string) => name === "X-Powered-By",
  };
  helmet()({} as IncomingMessage, recorder as unknown as ServerResponse, (err) => {
    if (err) throw err as Error;
  });
  return headers;
}
