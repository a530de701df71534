// The log for code that was handed none: a handler's, a store's, a timer's. It knows what it works for.
import { AsyncLocalStorage } from "node:async_hooks";
import { type Bindings, type ChildLoggerOptions, type Logger, pino } from "pino";

/** What lines are about that are written in the course of something, such as a request. */
export interface LogContext {
  logger: Logger;
  /** What each line says of it, asked for when one is written. */
  fields: () => object;
}

const contexts = new AsyncLocalStorage<LogContext>();

/** Runs something, and all that it starts, in a context. */
export function runInLogContext(context: LogContext, work: () => void): void {
  contexts.run(context, work);
}

/** What the context that this is called in has to say; nothing outside of one. */
export const contextFields = (): object => contexts.getStore()?.fields() ?? {};

const silent = pino({ level: "silent", enabled: false });
let processLogger: Logger = silent;

/** Sets where `log` writes outside of a context; before, that is nowhere. */
export function setProcessLogger(logger: Logger): void {
  processLogger = logger;
}

/**
 * Writes to the logger of the request that is being handled, with its fields, or else to that of the process: whichever
 * it is when a line is written, also for children that were made earlier.
 */
export const log = follow(() => contexts.getStore()?.logger ?? processLogger);

/** A logger that is always the one that `find` returns. */
function follow(find: () => Logger): Logger {
  const child = (bindings: Bindings, options?: ChildLoggerOptions): Logger => {
    const children = new WeakMap<Logger, Logger>();
    return follow(() => {
      const parent = find();
      const made = children.get(parent) ?? parent.child(bindings, options);
      children.set(parent, made);
      return made;
    });
  };
  return new Proxy(silent, {
    get(_target, key) {
      if (key === "child") return child;
      const logger = find();
      const value = Reflect.get(logger, key) as unknown;
      return typeof value === "function" ? (value.bind(logger) as unknown) : value;
    },
    set: (_target, key, value) => Reflect.set(find(), key, value),
  });
}
