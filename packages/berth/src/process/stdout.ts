// Standard output as the place for log lines: the service never waits for its reader.
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
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

/**
 * Writes to file descriptor 1, not to `process.stdout`, which drops everything where the platform's log pipe is a
 * datagram socket. All lines of one turn of the event loop are written together. What is not taken waits, in its order;
 * when too much does, further lines are dropped until there is room, and one line in their place says how many.
 * A reader that has gone away is no error.
 */
export function createStdout(): LogDestination {
  const { fd, writeLimitBytes, keepNonBlocking } = openStdout();
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
      keepNonBlocking?.();
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
      const deadline = performance.now() + FLUSH_MS;
      while (!send() && performance.now() < deadline) pause(FLUSH_RETRY_MS);
    },
  };
}

interface Output {
  fd: number;
  writeLimitBytes: number;
  /** To be called before each write, where other processes can make the next one wait. */
  keepNonBlocking?: (() => void) | undefined;
}

/** uWSGI, which reads the logs on piku, cuts off what is longer than this in one datagram. */
const DATAGRAM_BYTES = 8192;

/** A pipe takes this much as a whole or not at all (PIPE_BUF): what is longer may have other processes' lines inside it. */
const ATOMIC_BYTES = 4096;

/**
 * Opens standard output so that a write returns at once when the reader is slow. O_NONBLOCK belongs to the open file
 * description, which supervisor, workers, a shell and its other commands may share: each Node that ends resets it, and so
 * does each start of a program that inherits it. So pipes and terminals are opened again, for this process alone.
 * @see https://github.com/libuv/libuv/blob/v1.x/src/unix/process.c uv__process_child_init
 */
function openStdout(): Output {
  if (isatty(STDOUT_FD)) {
    // Another user's terminal cannot be opened: it will do, unless somebody stops it.
    return { fd: openAgain("/dev/fd/1") ?? STDOUT_FD, writeLimitBytes: Infinity };
  }
  // Without `bigint`, `require` no longer follows symbolic links: https://github.com/nodejs/node/issues/51142.
  const file = fstatSync(STDOUT_FD, { bigint: true });
  // Never waits for a reader. Opened again, it would be written from its start.
  if (!file.isFIFO() && !file.isSocket()) return { fd: STDOUT_FD, writeLimitBytes: Infinity };
  const writeLimitBytes = file.isSocket() ? DATAGRAM_BYTES : ATOMIC_BYTES;
  // Linux only: elsewhere `/dev/fd/1` is a duplicate, which shares the flag.
  const fd = file.isFIFO() ? openAgain("/proc/self/fd/1") : undefined;
  if (fd !== undefined) return { fd, writeLimitBytes };
  return { fd: STDOUT_FD, writeLimitBytes, keepNonBlocking: nonBlockingSwitch(STDOUT_FD) };
}

/** A file description of this process' own; undefined when the file cannot be opened, as another user's. */
function openAgain(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** What libuv has for pipes and sockets. */
interface Handle {
  open(fd: number): number;
  setBlocking(on: boolean): number;
}

/**
 * Sets O_NONBLOCK again, in one system call, which a socket needs before each write: it cannot be opened again.
 * Node has no function for that, and for a datagram socket not even a stream; the handle of any other socket does both.
 */
function nonBlockingSwitch(fd: number): (() => void) | undefined {
  const socket = new Socket().on("error", () => undefined).connect({ path: "/dev/null/none" });
  const { _handle: handle } = socket as unknown as { _handle?: Handle };
  socket.destroy();
  if (!handle) return undefined;
  const own = new (handle.constructor as new (type: number) => Handle)(0);
  return own.open(fd) === 0 ? () => own.setBlocking(false) : undefined;
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
