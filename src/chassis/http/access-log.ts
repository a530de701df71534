// One log line for each request, when its response is done or its client has gone.
import type { Socket } from "node:net";
import type { Request, RequestHandler, Response } from "express";
import { type Logger, symbols } from "pino";
import { clientAddress } from "./client-address";
import { refusedWith } from "./refusals";
import { traceId } from "./trace-context";

/**
 * Logs every request at level `info`; the query is left out, as it may hold secrets.
 * Its line is what pino would write for these fields, put together by hand: that is a sixth of a request's cost.
 */
export function accessLog(logger: Logger): RequestHandler {
  const { write, head } = lineWriter(logger);
  return (req, res, next) => {
    if (!logger.isLevelEnabled("info")) return next();
    const startedAt = performance.now();
    const { socket, method } = req;
    const path = pathOf(req);
    const trace = traceId(req);
    // A socket that is gone later no longer knows its peer.
    const client = clientAddress(req);
    res.on("close", () => {
      const sent = socket.bytesWritten;
      const bytes = sent - (accounted.get(socket) ?? 0);
      accounted.set(socket, sent);
      const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
      write(
        `${head(Date.now())},"requestId":"${req.id}"${trace === undefined ? "" : `,"traceId":"${trace}"`}` +
          `,"method":"${method}","path":${quote(path)},"status":${statusOf(res)},"durationMs":${durationMs}` +
          `,"bytes":${bytes}${client === undefined ? "" : `,"client":"${client}"`}` +
          `${isAnswered(req, res) ? "" : ',"aborted":true'},"msg":"request"}\n`,
      );
    });
    next();
  };
}

const isAnswered = (req: Request, res: Response): boolean =>
  (res.writableFinished && !req.errored) || refusedWith(res) !== undefined;

/** How many of a connection's bytes have been logged: pipelined requests come before earlier answers are written. */
const accounted = new WeakMap<Socket, number>();

/** Writes to the logger's own destination, with the fields that the logger has been given. */
function lineWriter(logger: Logger) {
  const internals = logger as unknown as Record<symbol, unknown>;
  const destination = internals[symbols.streamSym] as { write(line: string): void };
  const fields = internals[symbols.chindingsSym] as string;
  return {
    write: (line: string) => destination.write(line),
    head: (time: number) => `{"level":"info","time":${time}${fields}`,
  };
}

/** What nginx calls a request whose connection ended before an answer began. */
const CLOSED_UNANSWERED = 499;

/** The status that was sent, in full or not. */
const statusOf = (res: Response): number =>
  refusedWith(res) ?? (res.headersSent ? res.statusCode : CLOSED_UNANSWERED);

/** Characters that stand for themselves in JSON: all but control characters, `"` and `\\`. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Much of `JSON.stringify` is making sure that there is nothing to escape. */
const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** A longer path is cut, in characters. */
const PATH_LIMIT = 2048;

function pathOf({ originalUrl }: Request): string {
  const query = originalUrl.indexOf("?");
  const path = query === -1 ? originalUrl : originalUrl.slice(0, query);
  return path.length > PATH_LIMIT ? `${path.slice(0, PATH_LIMIT)}...` : path;
}
