// The one place where an error becomes an answer.
import type { ErrorRequestHandler } from "express";
import type { Logger } from "pino";
import { NOT_JSON, TOO_LARGE, UNKNOWN_CHARSET } from "./json-body";
import { MALFORMED_PATH } from "./not-found";
import { sendProblem } from "./problem";

/** What libraries in the Express world hang on an error; anything may be thrown, so each part is checked. */
interface HttpError {
  status?: unknown;
  statusCode?: unknown;
  expose?: unknown;
  message?: unknown;
  headers?: Record<string, string>;
  members?: Record<string, unknown>;
  type?: unknown;
  code?: unknown;
}

/** The body parser's messages quote the body or speak of its internals; these speak to the client. */
const BODY_ERRORS: Readonly<Record<string, string>> = {
  "charset.unsupported": UNKNOWN_CHARSET,
  "encoding.unsupported":
    "The body's Content-Encoding is not supported: send gzip, deflate, br or none.",
  "entity.parse.failed": NOT_JSON,
  "entity.too.large": TOO_LARGE,
  "request.size.invalid": "The body's size differs from its Content-Length.",
};

/** zlib's errors, too, have words of their own. */
const NOT_COMPRESSED = "The body is not compressed as its Content-Encoding says.";

/** Answers every error with problem details, and logs those that are the service's own fault. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (thrown: unknown, req, res, next) => {
    const err = (typeof thrown === "object" && thrown !== null ? thrown : {}) as HttpError;
    const status = statusOf(err);
    if (status >= 500) logger.error({ err: thrown, requestId: req.id }, "request failed");
    // Too late for an answer: Express ends the connection, so that the client sees it is incomplete.
    if (res.headersSent) return next(thrown);
    const detail = thrown instanceof URIError ? MALFORMED_PATH : detailOf(err);
    sendProblem(req, res, status, { ...(detail && { detail }), ...err.members }, err.headers);
  };
}

function statusOf({ status, statusCode }: HttpError): number {
  const claimed = status ?? statusCode;
  const isError = Number.isInteger(claimed) && Number(claimed) >= 400 && Number(claimed) <= 599;
  return isError ? Number(claimed) : 500;
}

function detailOf({ type, code, expose, message }: HttpError): string | undefined {
  if (typeof code === "string" && code.startsWith("Z_")) return NOT_COMPRESSED;
  const bodyError = typeof type === "string" ? BODY_ERRORS[type] : undefined;
  if (bodyError) return bodyError;
  return expose === true && typeof message === "string" ? message : undefined;
}
