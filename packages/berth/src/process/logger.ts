// The process' one logger: JSON lines that say what they are about, without credentials.
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { showArguments, showBindings } from "./logged-arguments";
import { shownError, shownRequest, shownResponse } from "./logged-values";
import { maskText } from "./masked-text";
import { contextFields } from "./work-context";

/** What an owner may change of every line: pino's own options. The level comes from the environment. */
export interface LoggingOptions extends Omit<LoggerOptions, "level" | "redact"> {
  /** Paths to redact besides headers with credentials, such as `customer.email`. */
  redact?: readonly string[];
  /** Fields of your own errors that lines show, such as `orderId`. */
  errorFields?: readonly string[];
}

/**
 * Creates the logger of a process; who exits flushes the destination first.
 * @param worker Which of several processes of the same service this is; then every line says so.
 */
export function createLogger(
  level: string,
  destination: DestinationStream,
  options: LoggingOptions = {},
  worker?: number,
): Logger {
  const { errorFields = [], redact = [], ...others } = options;
  const { base, formatters, serializers, mixin, hooks, messageKey = "msg" } = others;
  const logger = pino(
    {
      ...others,
      base: worker === undefined ? base : { worker, ...base },
      level,
      formatters: { level: (label) => ({ level: label }), ...formatters },
      serializers: {
        err: (err) => shownError(err, errorFields),
        req: shownRequest,
        res: shownResponse,
        [messageKey]: (text: unknown) => (typeof text === "string" ? maskText(text) : text),
        ...serializers,
      },
      redact: { paths: [...redact], censor: "[redacted]" },
      mixin: mixin ? (...args) => ({ ...contextFields(), ...mixin(...args) }) : contextFields,
      hooks: { ...hooks, logMethod: showArguments(errorFields, hooks?.logMethod) },
    },
    destination,
  );
  showBindings(logger, errorFields);
  if (Object.keys(options).length === 0) {
    const base = worker === undefined ? "" : `,"worker":${worker}`;
    plainDestinations.set(logger, { write: (line) => destination.write(line), base });
  }
  return logger;
}

/** Where whole lines may be written that pino would write in the same way. */
export interface PlainDestination extends DestinationStream {
  /** What stands behind the time in each, as JSON that begins with a comma; empty when that is nothing. */
  readonly base: string;
}

const plainDestinations = new WeakMap<Logger, PlainDestination>();

/** Undefined for a logger that an owner has a say in, and for a child: their lines have to be pino's. */
export const plainDestination = (logger: Logger): PlainDestination | undefined =>
  plainDestinations.get(logger);
