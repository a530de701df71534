// Gives each request an id (X-Request-Id), by which a client's report leads to the log lines.
import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";

declare global {
  // Not `express-serve-static-core`: that module resolves only if the package manager hoists it.
  // eslint-disable-next-line @typescript-eslint/no-namespace -- this is how @types/express lets requests be extended
  namespace Express {
    interface Request {
      /** The client's `X-Request-Id` if it is valid, otherwise a new UUID. */
      id: string;
    }
  }
}

/** Without characters that could break a log line, a header or a terminal. */
const VALID_ID = /^[\w.:+/=-]{1,128}$/;

/** Returns the received id if it is valid, otherwise a new UUID. @param received The value of the client's header. */
export const requestIdFrom = (received: unknown): string =>
  typeof received === "string" && VALID_ID.test(received) ? received : randomUUID();

/** Sets `req.id`. */
export const requestId: RequestHandler = (req, _res, next) => {
  req.id = requestIdFrom(req.headers["x-request-id"]);
  next();
};
