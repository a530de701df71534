// The process' one logger: JSON lines that say what they are about, secrets redacted.
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { contextFields } from "./work-context";
import { withSources } from "./source-maps";

/** What an owner may change of every line: pino's own options. The level comes from the environment. */
export interface LoggingOptions extends Omit<LoggerOptions, "level" | "redact"> {
  /** Paths to redact besides headers with credentials, such as `customer.email`. */
  redact?: readonly string[];
}

const SECRET_HEADERS = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/** Paths at which somebody who logs headers, a request or a response would leak a credential. */
const secretPaths = ["headers", "req.headers", "res.headers"].flatMap((parent) =>
  SECRET_HEADERS.map((header) => `${parent}["${header}"]`),
);

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
  const { base, redact = [], formatters, serializers, mixin } = options;
  const logger = pino(
    {
      ...options,
      base: worker === undefined ? base : { worker, ...base },
      level,
      formatters: { level: (label) => ({ level: label }), ...formatters },
      serializers: { err: serializeError, ...serializers },
      redact: { paths: [...secretPaths, ...redact], censor: "[redacted]" },
      mixin: mixin ? (...args) => ({ ...contextFields(), ...mixin(...args) }) : contextFields,
    },
    destination,
  );
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

/** Anything may be thrown: an error that cannot be read still gets its line. */
function serializeError(err: unknown): unknown {
  try {
    const serialized = pino.stdSerializers.err(err as Error);
    if (typeof serialized.stack === "string") serialized.stack = withSources(serialized.stack);
    // PostgreSQL quotes the row that it refuses.
    if ("severity" in serialized) delete serialized["detail"];
    return serialized;
  } catch {
    return "an error that cannot be read";
  }
}
