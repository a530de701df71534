// The one place where an error becomes an answer; nothing that is thrown can keep it from one.
import type { ErrorRequestHandler, Request, Response } from "express";
import type { Logger } from "pino";
import { requestFields } from "./log-context";
import { MALFORMED_PATH } from "./not-found";
import { type Headers, Problem, sendProblem } from "./problem";
import { uploadFault } from "./upload-errors";

/** Answers every error with problem details, and logs those that are the service's own fault. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (thrown: unknown, req, res, _next) => {
    // The access log says so.
    if (isOfGoneClient(thrown, req, res)) return;
    const log = (err: unknown, message: string): void => {
      try {
        logger.error({ ...requestFields(req), err }, message);
      } catch {
        logger.error(requestFields(req), `${message}, and its error cannot be logged`);
      }
    };
    const answer = answerTo(thrown);
    if (res.writableEnded) return log(thrown, "request failed after its answer");
    if (answer.status >= 500 || res.headersSent) log(thrown, "request failed");
    for (const { status, members, headers } of [answer, GENERIC]) {
      // Too late for an answer.
      if (res.headersSent) break;
      try {
        res.statusMessage = "";
        return sendProblem(req, res, status, members, headers);
      } catch (err) {
        log(err, "a problem could not be sent");
      }
    }
    // What has been written in this turn still leaves; then the client sees that the answer is incomplete.
    setImmediate(() => req.socket.destroy());
  };
}

/** What Node's streams, Express' `sendFile` and an aborted wait say of a response that has closed. */
const CLOSED = /^(ERR_STREAM_(PREMATURE_CLOSE|DESTROYED|UNABLE_TO_PIPE)|ECONNABORTED)$/;

/**
 * Whether the client left before the end of its answer, and this is how the handler heard of it. A response that
 * somebody has destroyed for an error of their own has that as `errored`.
 */
function isOfGoneClient(thrown: unknown, { socket, errored }: Request, res: Response): boolean {
  if (!socket.destroyed || res.errored || res.writableFinished) return false;
  try {
    const { name, code = "" } = thrown as NodeJS.ErrnoException;
    // `errored` is what Node gives to whoever reads the request then.
    return thrown === errored || name === "AbortError" || CLOSED.test(code);
  } catch {
    return false;
  }
}

interface Answer {
  status: number;
  members: Readonly<Record<string, unknown>>;
  headers?: Headers | undefined;
}

const GENERIC: Answer = { status: 500, members: {} };

/** What the client is told; of an error that cannot even be looked at, nothing. */
function answerTo(thrown: unknown): Answer {
  try {
    // Nothing can be read of null and undefined: those, too, end in the catch.
    return thrown instanceof Problem ? answerToProblem(thrown) : answerToError(thrown as HttpError);
  } catch {
    return GENERIC;
  }
}

function answerToProblem({ status, message, members, headers }: Problem): Answer {
  return isErrorStatus(status)
    ? { status, members: { detail: message, ...members }, headers }
    : GENERIC;
}

/** What libraries in the Express world hang on an error; anything may be thrown, so each part is checked. */
interface HttpError {
  status?: unknown;
  statusCode?: unknown;
  expose?: unknown;
  message?: unknown;
  headers?: unknown;
}

/** An error of somebody else's has a status; that its message is meant for the client, it has to say. */
function answerToError(err: HttpError): Answer {
  const { expose, message, headers } = err;
  const status = err.status ?? err.statusCode;
  if (!isErrorStatus(status)) {
    const fault = uploadFault(err);
    return fault ? { status: fault.status, members: { detail: fault.detail } } : GENERIC;
  }
  // Express gives this status to what it fails to decode itself; a handler's own URIError has none.
  if (err instanceof URIError && status === 400) {
    return { status, members: { detail: MALFORMED_PATH } };
  }
  if (expose !== true) return { status, members: {} };
  const members = typeof message === "string" ? { detail: message } : {};
  return { status, members, headers: statusHeaders(headers) };
}

const isErrorStatus = (status: unknown): status is number =>
  Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599;

/**
 * Headers without which a status is only half of an answer: 405, 416, 429 and 503, 401. Others belong to whoever made
 * the error: an upstream's `Set-Cookie` is not ours to pass on.
 */
const STATUS_HEADERS = /^(allow|content-range|retry-after|www-authenticate)$/i;

function statusHeaders(headers: unknown): Headers | undefined {
  const own = Object.entries(headers ?? {}).filter(([name]) => STATUS_HEADERS.test(name));
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}
