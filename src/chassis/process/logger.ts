// The process' one logger: JSON lines, secrets redacted.
import { type DestinationStream, type Logger, pino } from "pino";
import { withSources } from "./source-maps";

const SECRET_HEADERS = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/** Paths at which somebody who logs headers, a request or a response would leak a credential. */
const secretPaths = ["headers", "req.headers", "res.headers"].flatMap((parent) =>
  SECRET_HEADERS.map((header) => `${parent}["${header}"]`),
);

/** Creates the logger of a process; who exits flushes the destination first. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: undefined,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError },
      redact: { paths: secretPaths, censor: "[redacted]" },
    },
    destination,
  );
}

/** Anything may be thrown: an error that cannot be read still gets its line. */
function serializeError(err: unknown): unknown {
  try {
    const serialized = pino.stdSerializers.err(err as Error);
    if (typeof serialized.stack === "string") serialized.stack = withSources(serialized.stack);
    return serialized;
  } catch {
    return "an error that cannot be read";
  }
}
