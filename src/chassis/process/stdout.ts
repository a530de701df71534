// Standard output as the place for log lines: the service never waits for its reader.
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";

/** A destination for log lines that must be flushed before the process exits. */
export interface LogDestination {
  write: (line: string) => void;
  /** Writes what is pending; for a reader that does not take it, this waits half a second at most. */
  flush: () => void;
}

const STDOUT_FD = 1;

/** How much may wait for the reader, in characters. */
const PENDING_LIMIT = 4_194_304;
/** When to try again what was not taken, in milliseconds: at first, and at most after doubling that again and again. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 128;
/** How long the exit waits for the reader in all, and between two tries, in milliseconds. */
const FLUSH_MS = 500;
const FLUSH_RETRY_MS = 5;

export interface StdoutOptions {
  /** Whether other processes write to it, too. */
  isShared?: boolean;
}

/**
 * Writes to file descriptor 1, not to `process.stdout`, which drops everything where the platform's log pipe is a
 * datagram socket. All lines of one turn of the event loop are one write. What is not taken waits, in its order; when too
 * much does, further lines are dropped until there is room, and one line in their place says how many.
 * A reader that has gone away is no error.
 */
export function createStdout(options: StdoutOptions = {}): LogDestination {
  const { fd, writeLimitBytes } = openStdout(options);
  /** What is being written: whole lines, or the rest of one that was taken in part. */
  let unsent: Buffer = Buffer.alloc(0);
  /** The lines behind it. */
  let pending = "";
  /** How many lines would come next, had there been room. */
  let dropped = 0;
  let isScheduled = false;
  let isGone = false;
  let retryMs = FIRST_RETRY_MS;

  const takePending = (): Buffer => {
    const text = dropped === 0 ? pending : pending + droppedLine(dropped);
    pending = "";
    dropped = 0;
    return Buffer.from(text);
  };

  /** Writes as much as is taken, and returns whether that was all. */
  const send = (): boolean => {
    for (;;) {
      if (unsent.length === 0) unsent = takePending();
      if (unsent.length === 0 || isGone) return true;
      const part = wholeLines(unsent, writeLimitBytes);
      const taken = tryWrite(fd, part);
      if (taken === "later") return false;
      isGone = taken === "gone";
      if (taken === "too long") dropped++;
      unsent = unsent.subarray(typeof taken === "number" ? taken : part.length);
      retryMs = FIRST_RETRY_MS;
    }
  };

  const sendOrRetry = (): void => {
    isScheduled = !send();
    if (!isScheduled) return;
    setTimeout(sendOrRetry, retryMs).unref();
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };

  return {
    write(line) {
      if (isGone) return;
      if (dropped > 0 || unsent.length + pending.length > PENDING_LIMIT) {
        dropped++;
        return;
      }
      pending += line;
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(sendOrRetry);
    },
    flush() {
      const deadline = Date.now() + FLUSH_MS;
      while (!send() && Date.now() < deadline) pause(FLUSH_RETRY_MS);
    },
  };
}

interface Output {
  fd: number;
  writeLimitBytes: number;
}

/** uWSGI, which reads the logs on piku, cuts off what is longer than this in one datagram. */
const DATAGRAM_BYTES = 8192;

/** What a pipe takes as a whole or not at all: more of one process may have another's lines within (POSIX' least is 512). */
const ATOMIC_BYTES = 4096;

/** Standard output, opened so that a write returns at once when the reader is slow; where that can be had. */
function openStdout({ isShared = false }: StdoutOptions): Output {
  if (isatty(STDOUT_FD)) return { fd: openTerminal(), writeLimitBytes: Infinity };
  // Only by being looked at does it make Node switch a pipe or a stream socket to non-blocking; Node switches it back at exit.
  void process.stdout;
  const whole = isShared ? ATOMIC_BYTES : Infinity;
  return {
    fd: STDOUT_FD,
    writeLimitBytes: fstatSync(STDOUT_FD).isSocket() ? DATAGRAM_BYTES : whole,
  };
}

/** Opens the terminal anew: whoever shares file descriptor 1 with this process keeps it as it is. */
function openTerminal(): number {
  try {
    return openSync("/dev/fd/1", constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Another user's terminal: it will do, unless somebody stops it.
    return STDOUT_FD;
  }
}

/** How many bytes were taken; or why none: not now, as the reader is slow or the disk is full, or never. */
function tryWrite(fd: number, bytes: Buffer): number | "later" | "gone" | "too long" {
  try {
    return writeSync(fd, bytes);
  } catch (err) {
    switch ((err as NodeJS.ErrnoException).code) {
      case "EPIPE":
      case "ECONNREFUSED":
      case "EBADF":
        return "gone";
      case "EMSGSIZE":
        return "too long";
      default:
        return "later";
    }
  }
}

const NEWLINE = 0x0a;

/** As many whole lines from the start as the limit allows; one line when that is longer. */
function wholeLines(bytes: Buffer, limitBytes: number): Buffer {
  if (bytes.length <= limitBytes) return bytes;
  const end = bytes.lastIndexOf(NEWLINE, limitBytes - 1) + 1 || bytes.indexOf(NEWLINE) + 1;
  return bytes.subarray(0, end || bytes.length);
}

const droppedLine = (dropped: number): string =>
  `${JSON.stringify({ level: "warn", time: Date.now(), dropped, msg: "log lines were dropped, as standard output did not take them" })}\n`;

const pause = (ms: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
