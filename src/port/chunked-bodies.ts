// Keeps the memory that an unread body takes in proportion to its bytes, however small its chunks are.
import type { IncomingMessage } from "node:http";

/**
 * Hands on as one piece what has come at once of a chunked body. Node makes a `Buffer` of each chunk, which for a chunk
 * of one byte takes two hundred, and lets up to 64 KB of such bytes wait for their reader.
 */
export function joinChunks(req: IncomingMessage): void {
  if (req.headers["transfer-encoding"] === undefined) return;
  const push = req.push.bind(req);
  let chunks: Buffer[] = [];
  let bytes = 0;

  function handOn(): boolean {
    const joined = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    chunks = [];
    bytes = 0;
    return push(joined);
  }

  req.push = (chunk: Buffer | null): boolean => {
    if (chunk === null) {
      if (bytes > 0) handOn();
      return push(null);
    }
    // Once all is parsed that has come; Node's next tick is after each chunk.
    if (bytes === 0) setImmediate(() => bytes > 0 && handOn());
    chunks.push(chunk);
    bytes += chunk.length;
    return req.readableLength + bytes < req.readableHighWaterMark;
  };
}
