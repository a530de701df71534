// Checks responses against their route's description: all if mismatches are refused, otherwise one per route and second.
import type { Express, NextFunction, Request, Response } from "express";
import type { Logger } from "pino";
import { requestFields } from "../http/log-context";
import { Problem } from "../request/problem";
import type { Responses } from "../schema/description";
import { byPointer, validate } from "../schema/validate";

/** What happens to a response that does not match its route's description. */
export interface ResponseChecks {
  /** Whether to replace it by a problem 500, as in development and tests; otherwise it is sent, and logged once. */
  areMismatchesRefused: boolean;
  logger: Pick<Logger, "warn">;
}

/** The Express setting, which mounted apps inherit. */
const SETTING = "response checks";

/** Turns response checks on for an app and the apps mounted in it. */
export function setResponseChecks(app: Express, checks: ResponseChecks): void {
  app.set(SETTING, checks);
}

/** The interval of a route's checks while mismatches are only logged, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** Creates the check that a route runs before its handler; a problem that replaces the response is passed to `next`. */
export function responseCheck(
  responses: Responses,
): (req: Request, res: Response, next: NextFunction) => void {
  let nextCheckAt = 0;
  const logged = new Set<number>();

  return (req, res, next) => {
    const checks = req.app.get(SETTING) as ResponseChecks | undefined;
    if (!checks) return;
    if (!checks.areMismatchesRefused) {
      const now = performance.now();
      if (now < nextCheckAt) return;
      nextCheckAt = now + CHECK_INTERVAL_MS;
    }
    beforeResponse(res, (body) => {
      try {
        checkResponse(responses, res, body);
        return true;
      } catch (err) {
        if (checks.areMismatchesRefused) {
          // Not thrown: `res.json` may be called in a callback, where nothing would catch it.
          next(err);
          return false;
        }
        if (logged.has(res.statusCode)) return true;
        logged.add(res.statusCode);
        const details = err instanceof Problem ? err.members : { err };
        checks.logger.warn({ ...requestFields(req), ...details }, MISMATCH);
        return true;
      }
    });
  };
}

/**
 * Calls back before the response is sent, with the argument of `res.json`, or undefined if it ends without a body.
 * @param mayBeSent Returns whether to send the response; called once.
 */
function beforeResponse(res: Response, mayBeSent: (body: unknown) => boolean): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its response
  const { json, end } = res;
  const ask = (body: unknown): boolean => {
    Object.assign(res, { json, end });
    return mayBeSent(body);
  };
  res.json = (body) => {
    // As the client will see it: a `Date` is text, and `undefined` is absent.
    const isSent = ask(body === undefined ? undefined : JSON.parse(JSON.stringify(body)));
    return isSent ? json.call(res, body) : res;
  };
  res.end = ((...args: Parameters<typeof end>) => {
    // A response with a type that was not sent by `res.json`, such as a stream, is not checked.
    const isChecked = !res.headersSent && !res.hasHeader("Content-Type");
    return isChecked && !ask(undefined) ? res : end.apply(res, args);
  }) as typeof end;
}

/** @throws Problem 500 that says what does not match. */
function checkResponse(responses: Responses, res: Response, body: unknown): void {
  const { statusCode: status } = res;
  const described = responses[status];
  if (described && "mediaType" in described) {
    if (String(res.get("Content-Type")).startsWith(described.mediaType)) return;
    throw mismatch(`must be ${described.mediaType}`);
  }
  if (described) return void validate(described, body, 500, MISMATCH, byPointer);
  // Problems that a handler sends itself are not checked.
  if (status >= 400) return;
  if (described === undefined) throw mismatch(`has the status ${status}, which is not described`);
  if (body !== undefined) throw mismatch("must have no body");
}

const mismatch = (detail: string): Problem =>
  new Problem(500, MISMATCH, { errors: [{ pointer: "", detail }] });

const MISMATCH = "The response does not match its route's description.";
