// The process' one logger: JSON lines on standard output, secrets redacted.
import { type DestinationStream, type Logger, pino } from "pino";

const SECRET_HEADERS = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
const STDOUT_FD = 1;

/** Paths at which somebody who logs headers, a request or a response would leak a credential. */
const secretPaths = ["headers", "req.headers", "res.headers"].flatMap((parent) =>
  SECRET_HEADERS.map((header) => `${parent}["${header}"]`),
);

/**
 * Creates a logger that writes each line at once.
 * It writes to file descriptor 1, not to `process.stdout`, which drops everything where the platform's
 * log pipe is a datagram socket; a reader that has gone away is no error.
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: STDOUT_FD, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: undefined,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: "[redacted]" },
    },
    destination,
  );
}
