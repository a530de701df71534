// Keeps bodies in proportion to their bytes, in memory and in time, however small their chunks are.
import type { IncomingMessage } from "node:http";

/**
 * More chunks than this at once are many. Node reads 64 KB at a time, which are 10,900 chunks of one byte, and up to 32
 * times before it turns to the next connection.
 */
const MANY = 1000;

/**
 * Creates what hands on as one piece all that has come at once of a chunked body. Node makes a `Buffer` of each chunk,
 * which for one byte takes two hundred, and lets thousands of them wait for their reader.
 * Who sends many at once has no more read until they are handed on, one connection in each turn of the event loop: the
 * time that they cost is not taken from the others.
 * @returns To be called with each request before its body is read.
 */
export function createChunkJoiner(): (req: IncomingMessage) => void {
  const takeTurn = createTurns();

  return (req) => {
    if (req.headers["transfer-encoding"] === undefined) return;
    const push = req.push.bind(req);
    let chunks: Buffer[] = [];
    let bytes = 0;

    function join(): void {
      if (chunks.length <= MANY) return handOn();
      chunks = [Buffer.concat(chunks)];
      takeTurn(handOn);
    }

    function handOn(): void {
      const [joined] = chunks.length > 1 ? [Buffer.concat(chunks)] : chunks;
      chunks = [];
      bytes = 0;
      if (joined?.length) push(joined);
    }

    req.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      // The end; or somebody else's, who puts something back.
      if (!Buffer.isBuffer(chunk)) {
        handOn();
        return push(chunk, encoding);
      }
      // Once all is parsed that has come; Node's next tick is after each chunk.
      if (bytes === 0) setImmediate(join);
      chunks.push(chunk);
      bytes += chunk.length;
      return chunks.length <= MANY && req.readableLength + bytes < req.readableHighWaterMark;
    };
  };
}

/** Lets each caller go on in a turn of the event loop of its own. */
function createTurns(): (goOn: () => void) => void {
  const waiting: (() => void)[] = [];
  let isScheduled = false;
  const schedule = (): void => {
    if (!isScheduled && waiting.length > 0) setImmediate(next);
    isScheduled = waiting.length > 0;
  };
  const next = (): void => {
    isScheduled = false;
    const goOn = waiting.shift();
    // First, as it may throw.
    schedule();
    goOn?.();
  };
  return (goOn) => {
    waiting.push(goOn);
    schedule();
  };
}
