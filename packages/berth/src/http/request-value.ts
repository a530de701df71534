// Hands what middleware has found out about a request on to its handler, such as who has signed in.
import type { IncomingMessage } from "node:http";

/** A value that a request may carry. */
export interface RequestValue<T> {
  /** For the middleware, once for each request. */
  set(req: IncomingMessage, value: T): void;
  /**
   * For what stands behind it.
   * @throws Error when nothing has been set: its middleware does not stand in front of this route.
   */
  get(req: IncomingMessage): T;
}

/**
 * Creates a value of one type, which only those can read and set who import it.
 * @param name As it is called in the code, for the error.
 */
export function requestValue<T>(name: string): RequestValue<T> {
  // On the request itself, as a WeakMap costs four times as much on Node 20 and 24; nobody else can name the symbol.
  const key = Symbol(name);
  return {
    set: (req, value) => void ((req as Carrier<T>)[key] = value),
    get(req) {
      if (key in req) return (req as Carrier<T>)[key] as T;
      throw new Error(
        `The request has no ${name}: put the middleware that sets it in front of this route.`,
      );
    },
  };
}

type Carrier<T> = IncomingMessage & Record<symbol, T>;
