// The headers that every response has: its request's id, and what a browser may not do with it.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";
import helmet from "helmet";
import { setDefaultHeaders } from "../express/fast-response";

/** Sets `X-Request-Id` and helmet's headers on every response; a handler may change and remove them. */
export function defaultHeaders(): RequestHandler {
  const securityHeaders = helmetHeaders();
  return (req, res, next) => {
    setDefaultHeaders(res, ["X-Request-Id", req.id, ...securityHeaders]);
    next();
  };
}

/** Helmet's default headers, names and values in turn: computed once by running it, because they never change. */
export function helmetHeaders(): readonly string[] {
  const headers: string[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push(name, value),
    // Express is told not to send it.
    removeHeader: (name: string) => name === "X-Powered-By",
  };
  helmet()({} as IncomingMessage, recorder as unknown as ServerResponse, (err) => {
    if (err) throw err as Error;
  });
  return headers;
}
