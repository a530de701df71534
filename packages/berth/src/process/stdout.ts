// Writes log lines to standard output without ever blocking on its reader.
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";

/** A destination for log lines; flush it before the process exits. */
export interface LogDestination {
  write: (line: string) => void;
  /** Writes the pending lines; waits at most half a second for a reader that is stalled. */
  flush: () => void;
}

const STDOUT_FD = 1;

/** How much may be buffered, in characters. */
const PENDING_LIMIT = 4_194_304;
/** The first and the longest delay before a write is retried, in milliseconds; each is twice the one before. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 128;
/** How long `flush` waits for the reader, and how long between two writes, in milliseconds. */
const FLUSH_MS = 500;
const FLUSH_RETRY_MS = 5;

/**
 * Writes to file descriptor 1, not to `process.stdout`, which drops everything if the platform's log pipe is a datagram
 * socket. The lines of one turn of the event loop are written together. While the reader is slow, lines are buffered; when
 * the buffer is full, further lines are dropped, and one line in their place gives their number.
 * A reader that has closed its end is not an error.
 */
export function createStdout(): LogDestination {
  const { fd, writeLimitBytes, keepNonBlocking } = openStdout();
  /** The bytes being written: whole lines, or the rest of a line that was written in part. */
  let unsent: Buffer = Buffer.alloc(0);
  /** The lines after those. */
  let pending = "";
  /** How many lines were dropped after those. */
  let dropped = 0;
  let isScheduled = false;
  let isReaderGone = false;
  let retryMs = FIRST_RETRY_MS;

  const takePending = (): Buffer => {
    const text = dropped === 0 ? pending : pending + droppedLine(dropped);
    pending = "";
    dropped = 0;
    return Buffer.from(text);
  };

  /** Writes as much as possible; returns whether that was everything. */
  const send = (): boolean => {
    for (;;) {
      if (unsent.length === 0) unsent = takePending();
      if (unsent.length === 0 || isReaderGone) return true;
      const part = wholeLines(unsent, writeLimitBytes);
      keepNonBlocking?.();
      const taken = tryWrite(fd, part);
      if (taken === "later") return false;
      isReaderGone = taken === "gone";
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
      if (isReaderGone) return;
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
      while (!send() && performance.now() < deadline) sleepSync(FLUSH_RETRY_MS);
    },
  };
}

interface Output {
  fd: number;
  writeLimitBytes: number;
  /** Must be called before each write if other processes can make the descriptor blocking. */
  keepNonBlocking?: (() => void) | undefined;
}

/** uWSGI, which reads the logs on piku, truncates longer datagrams. */
const DATAGRAM_BYTES = 8192;

/** PIPE_BUF: up to this size, writes to a pipe are atomic; longer ones may be interleaved with other processes' lines. */
const ATOMIC_BYTES = 4096;

/**
 * Opens standard output in non-blocking mode. O_NONBLOCK belongs to the open file description, which supervisor, workers, a
 * shell and its other commands may share: every Node process that exits resets it, and so does every program that starts
 * with it. Therefore pipes and terminals are reopened, for this process alone.
 * @see https://github.com/libuv/libuv/blob/v1.x/src/unix/process.c uv__process_child_init
 */
function openStdout(): Output {
  if (isatty(STDOUT_FD)) {
    // Another user's terminal cannot be reopened: then a terminal that is stopped with Ctrl-S blocks the process.
    return { fd: openAgain("/dev/fd/1") ?? STDOUT_FD, writeLimitBytes: Infinity };
  }
  // Without `bigint`, `require` no longer follows symbolic links: https://github.com/nodejs/node/issues/51142.
  const file = fstatSync(STDOUT_FD, { bigint: true });
  // A file never blocks. Reopened, it would be written from its start.
  if (!file.isFIFO() && !file.isSocket()) return { fd: STDOUT_FD, writeLimitBytes: Infinity };
  const writeLimitBytes = file.isSocket() ? DATAGRAM_BYTES : ATOMIC_BYTES;
  // Linux only: elsewhere `/dev/fd/1` is a duplicate that shares the flag.
  const fd = file.isFIFO() ? openAgain("/proc/self/fd/1") : undefined;
  if (fd !== undefined) return { fd, writeLimitBytes };
  return { fd: STDOUT_FD, writeLimitBytes, keepNonBlocking: nonBlockingSwitch(STDOUT_FD) };
}

/** Creates a file description of this process' own; undefined if the file cannot be opened, as another user's. */
function openAgain(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** libuv's handle of a pipe or socket. */
interface Handle {
  open(fd: number): number;
  setBlocking(on: boolean): number;
}

/**
 * Returns a function that sets O_NONBLOCK, in one system call: a socket, which cannot be reopened, needs it before each
 * write. Node has no API for this, and no stream for datagram sockets, but the handle of a Unix socket can do it.
 */
function nonBlockingSwitch(fd: number): (() => void) | undefined {
  const socket = new Socket().on("error", () => undefined).connect({ path: "/dev/null/none" });
  const { _handle: handle } = socket as unknown as { _handle?: Handle };
  socket.destroy();
  if (!handle) return undefined;
  const own = new (handle.constructor as new (type: number) => Handle)(0);
  return own.open(fd) === 0 ? () => own.setBlocking(false) : undefined;
}

/** Returns how many bytes were written, or why none were; `later` if the reader is slow or the disk is full. */
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

/** Returns as many whole lines as the limit allows, but at least one line. */
function wholeLines(bytes: Buffer, limitBytes: number): Buffer {
  if (bytes.length <= limitBytes) return bytes;
  const end = bytes.lastIndexOf(NEWLINE, limitBytes - 1) + 1 || bytes.indexOf(NEWLINE) + 1;
  return bytes.subarray(0, end || bytes.length);
}

const droppedLine = (dropped: number): string =>
  `${JSON.stringify({ level: "warn", time: Date.now(), dropped, msg: "log lines were dropped because standard output was read too slowly" })}\n`;

const sleepSync = (ms: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
