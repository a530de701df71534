// Shows what a logger is called with: fields of any name, arguments of a message, and what its children have.
import { type ChildLoggerOptions, type Logger, type LoggerOptions, pino } from "pino";
import { type ErrorFields, isError, isMessage, shownFields, shownValue } from "./logged-values";

type LogMethod = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

/** A hook of pino's for every line. @param before An owner's own. */
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

/** Shows what the logger's children, and theirs, have for every line: that passes no hook. */
export function showBindings(logger: Logger, own: ErrorFields): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- children inherit it
  const child = logger.child as unknown as Child;
  const showing: Child = function (this: Logger, bindings, options) {
    const hasSerializer = (name: string): boolean =>
      Object.hasOwn(options?.serializers ?? {}, name) || name in serializersOf(this);
    return child.call(this, shownUnless(hasSerializer, bindings, own), options);
  };
  Object.assign(logger, { child: showing });
}

/** Fields of an error do not become fields of the line; requests and responses are named by pino. */
function shownFirst(logger: Logger, first: unknown, own: ErrorFields): unknown {
  if (typeof first !== "object" || first === null || first instanceof Error) return first;
  if (isMessage(first)) return first;
  const errorKey = internal(logger, pino.symbols.errorKeySym) as string;
  if (isError(first)) return { [errorKey]: first };
  const serializers = serializersOf(logger);
  return shownUnless((name) => name in serializers || name === errorKey, first, own);
}

/** The object's fields as they are shown, but for those that a serializer shows. */
const shownUnless = (hasSerializer: (name: string) => boolean, of: object, own: ErrorFields) =>
  shownFields(of, (item, name) => (hasSerializer(name) ? item : shownValue(item, own)));

/** By the names of fields; it has no prototype. */
const serializersOf = (logger: Logger) => internal(logger, pino.symbols.serializersSym) as object;

const internal = (logger: Logger, symbol: symbol): unknown =>
  (logger as unknown as Record<symbol, unknown>)[symbol];
