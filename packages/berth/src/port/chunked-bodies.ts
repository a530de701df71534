// Bounds the memory and CPU time that a chunked body costs, however small its chunks are.
import type { IncomingMessage } from "node:http";

/**
 * A body with more chunks than this at once waits for its turn. Node reads 64 KB at a time, which may be 10,900 chunks of
 * one byte, and up to 32 times before it reads from the next connection.
 */
const MAX_AT_ONCE = 1000;

/**
 * Joins the chunks that arrive at once into one buffer. Node creates a `Buffer` for each chunk, which takes 200 bytes even
 * for one byte of data, and queues thousands of them.
 * A client that sends many chunks at once is not read until they are pushed, which happens for one connection in each turn
 * of the event loop, so that other connections are not delayed.
 * @returns A function to call with each request before its body is read.
 */
export function createChunkJoiner(): (req: IncomingMessage) => void {
  const runInOwnTurn = createTurnQueue();

  return (req) => {
    if (req.headers["transfer-encoding"] === undefined) return;
    const push = req.push.bind(req);
    let chunks: Buffer[] = [];
    let bytes = 0;

    function join(): void {
      if (chunks.length <= MAX_AT_ONCE) return pushJoined();
      chunks = [Buffer.concat(chunks)];
      runInOwnTurn(pushJoined);
    }

    function pushJoined(): void {
      const [joined] = chunks.length > 1 ? [Buffer.concat(chunks)] : chunks;
      chunks = [];
      bytes = 0;
      if (joined?.length) push(joined);
    }

    req.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      // The end of the body, or a push by other code.
      if (!Buffer.isBuffer(chunk)) {
        pushJoined();
        return push(chunk, encoding);
      }
      // After everything that was read is parsed; `nextTick` would run after each chunk.
      if (bytes === 0) setImmediate(join);
      chunks.push(chunk);
      bytes += chunk.length;
      return chunks.length <= MAX_AT_ONCE && req.readableLength + bytes < req.readableHighWaterMark;
    };
  };
}

/** Returns a function that runs each callback in its own turn of the event loop. */
function createTurnQueue(): (run: () => void) => void {
  const waiting: (() => void)[] = [];
  let isScheduled = false;
  const schedule = (): void => {
    if (!isScheduled && waiting.length > 0) setImmediate(next);
    isScheduled = waiting.length > 0;
  };
  const next = (): void => {
    isScheduled = false;
    const run = waiting.shift();
    // Before the callback, which may throw.
    schedule();
    run?.();
  };
  return (run) => {
    waiting.push(run);
    schedule();
  };
}
