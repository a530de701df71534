// Parses JSON bodies within a limit.
import { isUtf8 } from "node:buffer";
import express, { type Request, type RequestHandler } from "express";
import { bodyProblem, NOT_JSON, NOT_UTF8, TOO_LARGE, UNKNOWN_CHARSET } from "./body-errors";
import { Problem } from "./problem";

/**
 * Parses a JSON object or array into `req.body`, which stays undefined when the request has no JSON body.
 * A body that is not compressed is read here; Express' parser reads the others.
 * @param limitBytes The largest body after decompression, in bytes.
 * @throws Problem 400 when it is not valid UTF-8 or JSON, 413 over the limit, 415 for another charset or encoding.
 */
export function jsonBody(limitBytes: number): RequestHandler {
  const parseAny = express.json({
    limit: limitBytes,
    verify: (_req, _res, body, charset) => {
      // RFC 8259: JSON between systems is UTF-8.
      if (charset !== "utf-8") throw new Problem(415, UNKNOWN_CHARSET);
      if (!isUtf8(body)) throw new Problem(400, NOT_UTF8);
    },
  });
  return (req, res, next) => {
    if (!hasBody(req)) return next();
    if (!isPlainJson(req)) {
      return parseAny(req, res, (err?: Error) => next(err && bodyProblem(err)));
    }
    readWhole(
      req,
      limitBytes,
      (body) => {
        try {
          req.body = parseObject(body);
        } catch (err) {
          return next(err);
        }
        next();
      },
      next,
    );
  };
}

const JSON_TYPE = /^application\/json(; ?charset=utf-8)?$/i;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * Whether there is anything to read; of an empty body, Express would make an empty object.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export const hasBody = ({ headers }: Request): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

const isPlainJson = ({ headers, readableEnded }: Request): boolean =>
  headers["content-encoding"] === undefined &&
  JSON_TYPE.test(headers["content-type"] ?? "") &&
  !readableEnded;

/**
 * Reads a body into one buffer: a list of its pieces would take two hundred times the bytes when these come one by one.
 * What is too large is answered at once; Express would read it to its end first.
 */
function readWhole(
  req: Request,
  limitBytes: number,
  onBody: (body: Buffer) => void,
  onError: (err: Error) => void,
): void {
  if (Number(req.headers["content-length"]) > limitBytes) throw new Problem(413, TOO_LARGE);
  let body: Buffer = NOTHING;
  let length = 0;
  const onData = (piece: Buffer): void => {
    const end = length + piece.length;
    if (end > limitBytes) {
      req.off("data", onData).off("end", onEnd).off("error", onAbort).resume();
      return onError(new Problem(413, TOO_LARGE));
    }
    if (length === 0) body = piece;
    else {
      if (end > body.length) body = enlarge(body, Math.min(2 * end, limitBytes));
      piece.copy(body, length);
    }
    length = end;
  };
  const onEnd = (): void => onBody(length === body.length ? body : body.subarray(0, length));
  const onAbort = (): void => onError(new Problem(400, "The body ended before it was complete."));
  req.on("data", onData).on("end", onEnd).on("error", onAbort);
}

const NOTHING = Buffer.alloc(0);

function enlarge(buffer: Buffer, bytes: number): Buffer {
  const larger = Buffer.allocUnsafe(bytes);
  buffer.copy(larger);
  return larger;
}

function parseObject(body: Buffer): object {
  if (!isUtf8(body)) throw new Problem(400, NOT_UTF8);
  const text = body.toString();
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch {
    throw new Problem(400, NOT_JSON);
  }
  if (typeof value !== "object" || value === null) throw new Problem(400, NOT_JSON);
  return value;
}
