// Compares answers with what their route says of them: each one where an unfit one is refused, else one a second.
import type { Express, NextFunction, Request, Response } from "express";
import type { Logger } from "pino";
import type { Answers } from "../http/description";
import { requestFields } from "../http/log-context";
import { Problem } from "../http/problem";
import { byPointer, check } from "../http/validate";

/** What becomes of an answer that is not as its route describes it. */
export interface UnfitAnswers {
  /** Whether a problem 500 says so in its place, as in development and tests; otherwise it is sent, and logged once. */
  areRefused: boolean;
  logger: Pick<Logger, "warn">;
}

const SETTING = "unfit answers";

/** Says what an app does with unfit answers, and those mounted in it; without it, nothing. */
export function setUnfitAnswers(app: Express, unfit: UnfitAnswers): void {
  app.set(SETTING, unfit);
}

/** How often a route's answers are looked at where they are sent in any case, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** Makes what a route calls before each answer is made; `next` gets the problem where that takes the answer's place. */
export function watchAnswer(
  answers: Answers,
): (req: Request, res: Response, next: NextFunction) => void {
  let nextLookAt = 0;
  const logged = new Set<number>();

  return (req, res, next) => {
    const unfit = req.app.get(SETTING) as UnfitAnswers | undefined;
    if (!unfit) return;
    if (!unfit.areRefused) {
      const now = performance.now();
      if (now < nextLookAt) return;
      nextLookAt = now + LOOK_EVERY_MS;
    }
    beforeAnswer(res, (body) => {
      try {
        judge(answers, res, body);
        return true;
      } catch (err) {
        if (unfit.areRefused) {
          // Not thrown: whoever sends may stand in a callback, where nobody would catch it.
          next(err);
          return false;
        }
        if (logged.has(res.statusCode)) return true;
        logged.add(res.statusCode);
        const said = err instanceof Problem ? err.members : { err };
        unfit.logger.warn({ ...requestFields(req), ...said }, UNFIT);
        return true;
      }
    });
  };
}

/** Asks once whether to send what `res.json` is given, or undefined when the answer ends without. */
function beforeAnswer(res: Response, mayBeSent: (body: unknown) => boolean): void {
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
    // Whatever has been sent in another way is not compared.
    const isCompared = !res.headersSent && !res.hasHeader("Content-Type");
    return isCompared && !ask(undefined) ? res : end.apply(res, args);
  }) as typeof end;
}

/** @throws Problem 500 that says what is not as it is described. */
function judge(answers: Answers, res: Response, body: unknown): void {
  const { statusCode: status } = res;
  const answer = answers[status];
  if (answer && !("mediaType" in answer)) check(answer, body, 500, UNFIT, byPointer);
  else if (answer) {
    if (!String(res.get("Content-Type")).startsWith(answer.mediaType)) {
      throw unfit(`must be ${answer.mediaType}`);
    }
  }
  // A problem that a handler sends itself is none of these.
  else if (status < 400 && answer === undefined) {
    throw unfit(`has the status ${status}, which is not described`);
  } else if (status < 400 && body !== undefined) throw unfit("must have no body");
}

const unfit = (detail: string): Problem =>
  new Problem(500, UNFIT, { errors: [{ pointer: "", detail }] });

const UNFIT = "The answer is not as its route describes it.";
