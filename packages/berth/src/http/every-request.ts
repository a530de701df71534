// What every request passes first, as one layer.
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { asOneLayer } from "../express/one-layer";
import { accessLog } from "./access-log";
import { refuseLate } from "./deadline";
import { defaultHeaders } from "./default-headers";
import { logContext } from "./log-context";
import { requestId } from "./request-id";
import { strictHead } from "./strict-head";

/**
 * Gives every request its id, its log context and its line in the access log, and every response its security headers;
 * refuses request heads that are ambiguous, and requests whose deadline has passed.
 */
export const everyRequest = (logger: Logger): RequestHandler =>
  asOneLayer(
    requestId,
    logContext(logger),
    accessLog(logger),
    defaultHeaders(),
    strictHead,
    refuseLate,
  );
