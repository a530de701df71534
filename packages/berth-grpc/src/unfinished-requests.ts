// Bounds what all requests together hold that have not come to their end: beyond that, the oldest of them is refused.
import type { ServerHttp2Stream } from "node:http2";
import { wrapDecompression } from "./http2-stream";

/** What one request holds. */
export interface UnfinishedRequest {
  /** One of its messages, of so many bytes, goes to who handles a stream of them. */
  handOver(this: void, bytes: number): void;
  /** All of it has come, or none of it is of use any more. */
  end(this: void): void;
}

/** Counts what a request holds from now on. @param refuse Called when it has to go. */
export type HoldRequest = (
  call: object,
  stream: ServerHttp2Stream,
  refuse: () => void,
) => UnfinishedRequest;

interface Held {
  bytes: number;
  /** The parts of a message that is not whole yet. */
  parts: number;
  isOver: boolean;
  refuse: () => void;
}

/** What Node takes for a part, besides its bytes: a client may send one byte at a time. */
const PART_BYTES = 128;

/** What precedes each message. @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const PREFIX_BYTES = 5;

/** How many messages are decompressed at a time: each takes some 64 KiB, however small it is. */
const DECOMPRESSING = 8;

/** Holds requests of up to so many bytes in all. */
export function createUnfinishedRequests(limitBytes: number): HoldRequest {
  /** The one that has held something for longest comes first: a client that means well is done soon. */
  const holding = new Set<Held>();
  const decompressing = createTurns(DECOMPRESSING);
  let total = 0;

  function change(held: Held, bytes: number): void {
    if (held.isOver) return;
    held.bytes += bytes;
    total += bytes;
    if (held.bytes > 0) holding.add(held);
    else holding.delete(held);
    while (total > limitBytes) {
      const [oldest] = holding;
      if (!oldest) return;
      end(oldest);
      oldest.refuse();
    }
  }

  function end(held: Held): void {
    if (held.isOver) return;
    held.isOver = true;
    holding.delete(held);
    total -= held.bytes;
  }

  return (call, stream, refuse) => {
    const held: Held = { bytes: 0, parts: 0, isOver: false, refuse };
    // Before grpc-js has it, which takes nothing from a call that is refused.
    stream.prependListener("data", (part: Buffer) => {
      held.parts++;
      change(held, part.length + PART_BYTES);
    });
    wrapDecompression(call, (decompress) => (bytes, encoding) => {
      change(held, -held.parts * PART_BYTES);
      held.parts = 0;
      if (encoding === "identity") return decompress(bytes, encoding);
      const decompressed = decompressing(async () => {
        if (held.isOver) return undefined;
        const message = await decompress(bytes, encoding);
        change(held, message.length + PREFIX_BYTES - bytes.length);
        return message;
      });
      // Nobody waits for what a refused call has sent.
      return decompressed.then((message) => message ?? new Promise<Buffer>(() => undefined));
    });
    return {
      handOver: (bytes) => change(held, -bytes - PREFIX_BYTES),
      end: () => end(held),
    };
  };
}

/** Lets so many work at a time; the others wait in line. */
function createTurns(count: number) {
  let free = count;
  const line: (() => void)[] = [];
  return async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else free++;
    }
  };
}
