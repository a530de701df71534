// Creates the process' logger: JSON lines with the fields of their request, without credentials.
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { redactArguments, redactBindings } from "./redact-arguments";
import { serializeError, serializeRequest, serializeResponse } from "./redact-values";
import { redactText } from "./redact-text";
import { contextFields } from "./work-context";

/** pino's options, for every line. The level comes from the environment. */
export interface LoggingOptions extends Omit<LoggerOptions, "level" | "redact"> {
  /** Paths to redact in addition to headers with credentials, such as `customer.email`. */
  redact?: readonly string[];
  /** Fields of your own errors to log, such as `orderId`. */
  errorFields?: readonly string[];
}

/**
 * Creates the logger of a process. Flush the destination before the process exits.
 * @param worker The id of this worker, which every line then includes.
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
        err: (err) => serializeError(err, errorFields),
        req: serializeRequest,
        res: serializeResponse,
        [messageKey]: (text: unknown) => (typeof text === "string" ? redactText(text) : text),
        ...serializers,
      },
      redact: { paths: [...redact], censor: "[redacted]" },
      mixin: mixin ? (...args) => ({ ...contextFields(), ...mixin(...args) }) : contextFields,
      hooks: { ...hooks, logMethod: redactArguments(errorFields, hooks?.logMethod) },
    },
    destination,
  );
  redactBindings(logger, errorFields);
  if (Object.keys(options).length === 0) {
    const fields = worker === undefined ? "" : `,"worker":${worker}`;
    plainDestinations.set(logger, { write: (line) => destination.write(line), fields });
  }
  return logger;
}

/** A destination for complete lines in the form in which pino would write them. */
export interface PlainDestination extends DestinationStream {
  /** The logger's own fields as JSON, to put after the time, with a leading comma; may be empty. */
  readonly fields: string;
}

const plainDestinations = new WeakMap<Logger, PlainDestination>();

/** Returns undefined for a logger with options, and for a child: pino has to write their lines. */
export const plainDestination = (logger: Logger): PlainDestination | undefined =>
  plainDestinations.get(logger);
