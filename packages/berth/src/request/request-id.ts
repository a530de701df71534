// Gives each request an id, so that a client's report leads to its log lines.
import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";

declare global {
  // Not `express-serve-static-core`: that module resolves only if the package manager hoists it.
  // eslint-disable-next-line @typescript-eslint/no-namespace -- this is how @types/express lets requests be extended
  namespace Express {
    interface Request {
      /** The client's `X-Request-Id` if it is valid, else a new UUID. */
      id: string;
    }
  }
}

/** No characters that could break a log line, a header or a terminal. */
const SANE_ID = /^[\w.:+/=-]{1,128}$/;

/** The received id if it is valid, else a new UUID. */
export const saneId = (inbound: unknown): string =>
  typeof inbound === "string" && SANE_ID.test(inbound) ? inbound : randomUUID();

/** Sets `req.id`. */
export const requestId: RequestHandler = (req, _res, next) => {
  req.id = saneId(req.headers["x-request-id"]);
  next();
};
