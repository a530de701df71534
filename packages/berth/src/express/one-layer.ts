// Several middlewares as one, for those that every request passes.
import type { NextFunction, RequestHandler } from "express";

/** None of them may be asynchronous: asking a layer costs more than most of them do. */
export function asOneLayer(...handlers: RequestHandler[]): RequestHandler {
  return (req, res, next) => {
    let index = 0;
    const step: NextFunction = (err?: unknown) => {
      const handler = handlers[index++];
      if (err || !handler) next(err);
      else void handler(req, res, step);
    };
    step();
  };
}
