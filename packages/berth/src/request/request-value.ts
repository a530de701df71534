// Passes values from middleware to a request's handler, such as the signed-in user.
import type { IncomingMessage } from "node:http";

/** A value attached to a request. */
export interface RequestValue<T> {
  /** Called by the middleware. */
  set(req: IncomingMessage, value: T): void;
  /** Called by handlers after it. @throws Error when the middleware is missing before this route. */
  get(req: IncomingMessage): T;
}

/**
 * Creates a typed value, which only modules that import it can read and set.
 * @param name Its name in the code, for the error message.
 */
export function requestValue<T>(name: string): RequestValue<T> {
  // A property of the request: a WeakMap costs four times as much on Node 20 and 24. The symbol keeps it private.
  const key = Symbol(name);
  return {
    set: (req, value) => void ((req as Carrier<T>)[key] = value),
    get(req) {
      if (key in req) return (req as Carrier<T>)[key] as T;
      throw new Error(
        `The request has no ${name}: add the middleware that sets it before this route.`,
      );
    },
  };
}

type Carrier<T> = IncomingMessage & Record<symbol, T>;
