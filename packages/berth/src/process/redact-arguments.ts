// Redacts what a logger is called with: fields, message arguments, and the bindings of child loggers.
import { type ChildLoggerOptions, type Logger, type LoggerOptions, pino } from "pino";
import { type ErrorFields, isError, isMessage, redactFields, redactValue } from "./redact-values";

type LogMethod = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

/** The `logMethod` hook of pino. @param ownersHook Runs first. */
export function redactArguments(errorFields: ErrorFields, ownersHook?: LogMethod): LogMethod {
  const redact: LogMethod = function (args: unknown[], method) {
    args[0] = redactFirst(this, args[0], errorFields);
    for (let i = 1; i < args.length; i++) {
      args[i] = isError(args[i]) ? String(args[i]) : redactValue(args[i], errorFields);
    }
    Reflect.apply(method, this, args);
  };
  if (!ownersHook) return redact;
  return function (args, method, level) {
    const next = (...passed: typeof args) => redact.call(this, passed, method, level);
    ownersHook.call(this, args, next, level);
  };
}

type Child = (bindings: object, options?: ChildLoggerOptions) => Logger;

/** Redacts the bindings of child loggers at any depth, because pino has no hook for them. */
export function redactBindings(logger: Logger, errorFields: ErrorFields): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `this`
  const child = logger.child as unknown as Child;
  const redactingChild: Child = function (this: Logger, bindings, options) {
    const hasSerializer = (name: string): boolean =>
      Object.hasOwn(options?.serializers ?? {}, name) || name in serializersOf(this);
    return child.call(this, redactUnserialized(bindings, hasSerializer, errorFields), options);
  };
  Object.assign(logger, { child: redactingChild });
}

/** An error becomes the field `err`, not fields of the line; pino itself names requests and responses. */
function redactFirst(logger: Logger, first: unknown, errorFields: ErrorFields): unknown {
  if (typeof first !== "object" || first === null || first instanceof Error) return first;
  if (isMessage(first)) return first;
  const errorKey = internal(logger, pino.symbols.errorKeySym) as string;
  if (isError(first)) return { [errorKey]: first };
  const serializers = serializersOf(logger);
  const hasSerializer = (name: string): boolean => name in serializers || name === errorKey;
  return redactUnserialized(first, hasSerializer, errorFields);
}

/** Redacts the fields that no serializer of pino will redact. */
const redactUnserialized = (
  fields: object,
  hasSerializer: (name: string) => boolean,
  errorFields: ErrorFields,
) =>
  redactFields(fields, (value, name) =>
    hasSerializer(name) ? value : redactValue(value, errorFields),
  );

/** The serializers by field name, without a prototype. */
const serializersOf = (logger: Logger) => internal(logger, pino.symbols.serializersSym) as object;

const internal = (logger: Logger, symbol: symbol): unknown =>
  (logger as unknown as Record<symbol, unknown>)[symbol];
