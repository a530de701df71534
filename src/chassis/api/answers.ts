// Compares answers with what their route says of them: each one where an unfit one is refused, else one a second.
import type { Express, Request, Response } from "express";
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

/** Makes what a route calls before each answer is made. */
export function watchAnswer(answers: Answers): (req: Request, res: Response) => void {
  let nextLookAt = 0;
  const logged = new Set<number>();

  return (req, res) => {
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
      } catch (err) {
        if (unfit.areRefused || !(err instanceof Problem)) throw err;
        if (logged.has(res.statusCode)) return;
        logged.add(res.statusCode);
        unfit.logger.warn({ ...requestFields(req), ...err.members }, err.message);
      }
    });
  };
}

/** Calls back once, with what `res.json` is given, or with undefined when the answer ends without. */
function beforeAnswer(res: Response, look: (body: unknown) => void): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its response
  const { json, end } = res;
  const lookOnce = (body: unknown): void => {
    Object.assign(res, { json, end });
    look(body);
  };
  res.json = (body) => {
    lookOnce(body === undefined ? undefined : JSON.parse(JSON.stringify(body)));
    return json.call(res, body);
  };
  res.end = ((...args: Parameters<typeof end>) => {
    // Whatever has been sent in another way is not compared.
    if (!res.headersSent && !res.hasHeader("Content-Type")) lookOnce(undefined);
    return end.apply(res, args);
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
