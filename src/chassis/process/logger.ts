// The process' one logger: JSON lines that say what they are about, secrets redacted.
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { contextFields } from "./log-context";
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

/** Creates the logger of a process; who exits flushes the destination first. */
export function createLogger(
  level: string,
  destination: DestinationStream,
  options: LoggingOptions = {},
): Logger {
  const { redact = [], formatters, serializers, mixin } = options;
  const logger = pino(
    {
      base: undefined,
      ...options,
      level,
      formatters: { level: (label) => ({ level: label }), ...formatters },
      serializers: { err: serializeError, ...serializers },
      redact: { paths: [...secretPaths, ...redact], censor: "[redacted]" },
      mixin: mixin ? (...args) => ({ ...contextFields(), ...mixin(...args) }) : contextFields,
    },
    destination,
  );
  if (Object.keys(options).length === 0) plainDestinations.set(logger, destination);
  return logger;
}

const plainDestinations = new WeakMap<Logger, DestinationStream>();

/**
 * Where whole lines may be written that pino would write in the same way; undefined for a logger that an owner has a say
 * in, and for a child: theirs have to be pino's.
 */
export const plainDestination = (logger: Logger): DestinationStream | undefined =>
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
