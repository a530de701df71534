// Turns every error into a response, whatever was thrown.
import type { ErrorRequestHandler, Request, Response } from "express";
import type { Logger } from "pino";
import { isErrorStatus, readHttpError, type ResponseHeaders } from "../request/http-error";
import { Problem } from "../request/problem";
import { requestFields } from "./log-context";
import { MALFORMED_PATH } from "./not-found";
import { sendProblem } from "./send-problem";
import { uploadError } from "./upload-errors";

/** Responds to every error with problem details, and logs server errors. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
  return (thrown: unknown, req, res, _next) => {
    // Only in the access log, as `aborted`.
    if (isFromDisconnect(thrown, req, res)) return;
    const log = (err: unknown, message: string): void => {
      try {
        logger.error({ ...requestFields(req), err }, message);
      } catch {
        logger.error(requestFields(req), `${message}, and the error cannot be logged`);
      }
    };
    const response = responseTo(thrown);
    if (res.writableEnded) return log(thrown, "request failed after its response");
    if (response.status >= 500 || res.headersSent) log(thrown, "request failed");
    // The generic 500 is for a problem that cannot be sent, such as one with members that cannot be JSON.
    for (const { status, members, headers } of [response, GENERIC]) {
      if (res.headersSent) break;
      try {
        res.statusMessage = "";
        return sendProblem(req, res, status, members, headers);
      } catch (err) {
        log(err, "problem details could not be sent");
      }
    }
    // In the next turn, when what was written has been sent: the client sees that the response is incomplete.
    setImmediate(() => req.socket.destroy());
  };
}

/** Error codes of Node's streams and Express' `sendFile` for a response that has closed. */
const CLOSED = /^(ERR_STREAM_(PREMATURE_CLOSE|DESTROYED|UNABLE_TO_PIPE)|ECONNABORTED)$/;

/**
 * Whether the client disconnected before its response was complete, and the handler failed because of that. A response
 * destroyed with an error has that error as `errored`.
 */
function isFromDisconnect(thrown: unknown, { socket, errored }: Request, res: Response): boolean {
  if (!socket.destroyed || res.errored || res.writableFinished) return false;
  try {
    const { name, code = "" } = thrown as NodeJS.ErrnoException;
    // Node gives `errored` to code that is reading the request then.
    return thrown === errored || name === "AbortError" || CLOSED.test(code);
  } catch {
    return false;
  }
}

interface ErrorResponse {
  status: number;
  members: Readonly<Record<string, unknown>>;
  headers?: ResponseHeaders | undefined;
}

const GENERIC: ErrorResponse = { status: 500, members: {} };

/** A generic 500 if reading the error's properties throws. */
function responseTo(thrown: unknown): ErrorResponse {
  try {
    // Reading a property of null or undefined throws, too.
    return thrown instanceof Problem ? problemResponse(thrown) : errorResponse(thrown as object);
  } catch {
    return GENERIC;
  }
}

function problemResponse({ status, message, members, headers }: Problem): ErrorResponse {
  return isErrorStatus(status)
    ? { status, members: { detail: message, ...members }, headers }
    : GENERIC;
}

/** Any other error than a `Problem`. */
function errorResponse(err: object): ErrorResponse {
  const exposed = readHttpError(err);
  if (!exposed) {
    const upload = uploadError(err);
    return upload ? { status: upload.status, members: { detail: upload.detail } } : GENERIC;
  }
  const { status, message, headers } = exposed;
  // Express sets this status when it fails to decode the path; a handler's own URIError has none.
  if (err instanceof URIError && status === 400) {
    return { status, members: { detail: MALFORMED_PATH } };
  }
  return { status, members: message === undefined ? {} : { detail: message }, headers };
}
