// Checks responses against their route's description: all of them if a mismatch is refused, else one per second.
import type { Express, NextFunction, Request, Response } from "express";
import type { Logger } from "pino";
import { requestFields } from "../http/log-context";
import { Problem } from "../request/problem";
import type { Answers } from "../schema/description";
import { byPointer, check } from "../schema/validate";

/** What happens to a response that does not match its route's description. */
export interface UnfitAnswers {
  /** Whether to replace it by a problem 500, as in development and tests; otherwise it is sent, and logged once. */
  areRefused: boolean;
  logger: Pick<Logger, "warn">;
}

const SETTING = "unfit answers";

/** Turns response checks on for an app and the apps mounted in it. */
export function setUnfitAnswers(app: Express, unfit: UnfitAnswers): void {
  app.set(SETTING, unfit);
}

/** How often a route's responses are checked if mismatches are only logged, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** Creates the check that a route runs before its handler; a problem that replaces the response is passed to `next`. */
export function responseCheck(
  answers: Answers,
): (req: Request, res: Response, next: NextFunction) => void {
  let nextCheckAt = 0;
  const logged = new Set<number>();

  return (req, res, next) => {
    const unfit = req.app.get(SETTING) as UnfitAnswers | undefined;
    if (!unfit) return;
    if (!unfit.areRefused) {
      const now = performance.now();
      if (now < nextCheckAt) return;
      nextCheckAt = now + CHECK_INTERVAL_MS;
    }
    beforeResponse(res, (body) => {
      try {
        checkResponse(answers, res, body);
        return true;
      } catch (err) {
        if (unfit.areRefused) {
          // Not thrown: `res.json` may be called in a callback, where nothing would catch it.
          next(err);
          return false;
        }
        if (logged.has(res.statusCode)) return true;
        logged.add(res.statusCode);
        const details = err instanceof Problem ? err.members : { err };
        unfit.logger.warn({ ...requestFields(req), ...details }, MISMATCH);
        return true;
      }
    });
  };
}

/** Calls back once, with the argument of `res.json`, or undefined if the response ends without a body. */
function beforeResponse(res: Response, mayBeSent: (body: unknown) => boolean): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its response
  const { json, end } = res;
  const ask = (body: unknown): boolean => {
    Object.assign(res, { json, end });
    return mayBeSent(body);
  };
  res.json = (body) => {
    const isSent = ask(body === undefined ? undefined : JSON.parse(JSON.stringify(body)));
    return isSent ? json.call(res, body) : res;
  };
  res.end = ((...args: Parameters<typeof end>) => {
    // Responses sent in other ways are not checked.
    const isChecked = !res.headersSent && !res.hasHeader("Content-Type");
    return isChecked && !ask(undefined) ? res : end.apply(res, args);
  }) as typeof end;
}

/** @throws Problem 500 that says what does not match. */
function checkResponse(answers: Answers, res: Response, body: unknown): void {
  const { statusCode: status } = res;
  const described = answers[status];
  if (described && !("mediaType" in described)) check(described, body, 500, MISMATCH, byPointer);
  else if (described) {
    if (!String(res.get("Content-Type")).startsWith(described.mediaType)) {
      throw mismatch(`must be ${described.mediaType}`);
    }
  }
  // Problems that a handler sends itself are not checked.
  else if (status < 400 && described === undefined) {
    throw mismatch(`has the status ${status}, which is not described`);
  } else if (status < 400 && body !== undefined) throw mismatch("must have no body");
}

const mismatch = (detail: string): Problem =>
  new Problem(500, MISMATCH, { errors: [{ pointer: "", detail }] });

const MISMATCH = "The response does not match its route's description.";
