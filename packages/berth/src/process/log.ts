// A logger for code that is not passed one, such as a store or a timer: it adds the fields of the current request.
import { type Bindings, type ChildLoggerOptions, type Logger, pino } from "pino";
import { currentLogger, keepWorkContexts } from "./work-context";

// Without work contexts, its lines would not name their request.
keepWorkContexts();

const silent = pino({ level: "silent", enabled: false });

/**
 * Writes to the logger of the request that is being handled, with its fields, or otherwise to the process' logger. This is
 * decided for each line, also in children that were created earlier.
 */
export const log = delegateTo(() => currentLogger() ?? silent);

/** A logger that delegates to the one that `find` returns. */
function delegateTo(find: () => Logger): Logger {
  const child = (bindings: Bindings, options?: ChildLoggerOptions): Logger => {
    const children = new WeakMap<Logger, Logger>();
    return delegateTo(() => {
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
