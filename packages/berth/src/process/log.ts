// The log for code that was handed none: a handler's, a store's, a timer's. It knows what it works for.
import { type Bindings, type ChildLoggerOptions, type Logger, pino } from "pino";
import { currentLogger, keepWorkContexts } from "./work-context";

// Whoever imports this wants its lines to say which request they are about.
keepWorkContexts();

const silent = pino({ level: "silent", enabled: false });

/**
 * Writes to the logger of the request that is being handled, with its fields, or else to that of the process: whichever
 * it is when a line is written, also for children that were made earlier.
 */
export const log = follow(() => currentLogger() ?? silent);

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
