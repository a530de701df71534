// The process' one logger: JSON lines, secrets redacted.
import { writeSync } from "node:fs";
import { type DestinationStream, type Logger, pino } from "pino";

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
      redact: { paths: secretPaths, censor: "[redacted]" },
    },
    destination,
  );
}

/** A destination for log lines that must be flushed before the process exits. */
export interface LogDestination {
  write: (line: string) => void;
  flush: () => void;
}

const STDOUT_FD = 1;
/** How long to wait before trying again when the reader is slower than the log, in milliseconds. */
const FULL_PIPE_MS = 10;

/**
 * Writes to file descriptor 1, not to `process.stdout`, which drops everything where the platform's log pipe is a
 * datagram socket. All lines of one turn of the event loop are one write; a reader that has gone away is no error.
 */
export function createStdout(): LogDestination {
  let pending = "";
  let isGone = false;
  const flush = (): void => {
    const text = pending;
    pending = "";
    isGone ||= !writeAll(Buffer.from(text));
  };
  return {
    write(line) {
      if (isGone) return;
      if (pending === "") setImmediate(flush);
      pending += line;
    },
    flush,
  };
}

/** Writes it all, as long as there is a reader; returns whether there was. */
function writeAll(rest: Buffer): boolean {
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STDOUT_FD, rest));
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== "EAGAIN") return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
    }
  }
  return true;
}
