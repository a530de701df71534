// Redacts what a logger is called with: fields, message arguments, and the bindings of child loggers.
import { type ChildLoggerOptions, type Logger, type LoggerOptions, pino } from "pino";
import { type ErrorFields, isError, isMessage, shownFields, shownValue } from "./logged-values";

type LogMethod = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

/** The `logMethod` hook of pino. @param before The owner's own hook, which runs first. */
export function showArguments(own: ErrorFields, before?: LogMethod): LogMethod {
  const show: LogMethod = function (args: unknown[], method) {
    args[0] = shownFirst(this, args[0], own);
    for (let i = 1; i < args.length; i++) {
      args[i] = isError(args[i]) ? String(args[i]) : shownValue(args[i], own);
    }
    Reflect.apply(method, this, args);
  };
  if (!before) return show;
  return function (args, method, level) {
    const next = (...passed: typeof args) => show.call(this, passed, method, level);
    before.call(this, args, next, level);
  };
}

type Child = (bindings: object, options?: ChildLoggerOptions) => Logger;

/** Redacts the bindings of child loggers at any depth, because pino has no hook for them. */
export function showBindings(logger: Logger, own: ErrorFields): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `this`
  const child = logger.child as unknown as Child;
  const showing: Child = function (this: Logger, bindings, options) {
    const hasSerializer = (name: string): boolean =>
      Object.hasOwn(options?.serializers ?? {}, name) || name in serializersOf(this);
    return child.call(this, shownUnless(hasSerializer, bindings, own), options);
  };
  Object.assign(logger, { child: showing });
}

/** An error becomes the field `err`, not fields of the line; pino itself names requests and responses. */
function shownFirst(logger: Logger, first: unknown, own: ErrorFields): unknown {
  if (typeof first !== "object" || first === null || first instanceof Error) return first;
  if (isMessage(first)) return first;
  const errorKey = internal(logger, pino.symbols.errorKeySym) as string;
  if (isError(first)) return { [errorKey]: first };
  const serializers = serializersOf(logger);
  return shownUnless((name) => name in serializers || name === errorKey, first, own);
}

/** Redacts the object's fields, except those that have a serializer. */
const shownUnless = (hasSerializer: (name: string) => boolean, of: object, own: ErrorFields) =>
  shownFields(of, (item, name) => (hasSerializer(name) ? item : shownValue(item, own)));

/** The serializers by field name, without a prototype. */
const serializersOf = (logger: Logger) => internal(logger, pino.symbols.serializersSym) as object;

const internal = (logger: Logger, symbol: symbol): unknown =>
  (logger as unknown as Record<symbol, unknown>)[symbol];
