// Limits the memory of all unfinished requests together: above the limit, the oldest one is refused.
import type { ServerHttp2Stream } from "node:http2";
import { wrapDecompression } from "./http2-stream";

/** The memory of one unfinished request. */
export interface UnfinishedRequest {
  /** A message of this size, in bytes, was passed to the handler of a stream. */
  release(this: void, bytes: number): void;
  /** The request is complete, or was abandoned. */
  end(this: void): void;
}

/** Starts to track a request. @param refuse Called when it must be refused. */
export type TrackRequest = (
  call: object,
  stream: ServerHttp2Stream,
  refuse: () => void,
) => UnfinishedRequest;

interface Held {
  bytes: number;
  /** The number of chunks of the incomplete message. */
  chunks: number;
  isOver: boolean;
  refuse: () => void;
}

/** Node's overhead per chunk: a client may send one byte at a time. */
const CHUNK_OVERHEAD_BYTES = 128;

/** The length of the prefix of each message. @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const PREFIX_BYTES = 5;

/** How many messages are decompressed at a time: each takes about 64 KiB, however small it is. */
const MAX_DECOMPRESSING = 8;

/** Creates a limit of this many bytes for all requests together. */
export function createUnfinishedRequests(limitBytes: number): TrackRequest {
  /** The oldest first: a well-behaved client completes its request soon. */
  const holding = new Set<Held>();
  const enqueueDecompression = createQueue(MAX_DECOMPRESSING);
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
    const held: Held = { bytes: 0, chunks: 0, isOver: false, refuse };
    // Must run before the listener of grpc-js, which ignores the data of a refused call.
    stream.prependListener("data", (chunk: Buffer) => {
      held.chunks++;
      change(held, chunk.length + CHUNK_OVERHEAD_BYTES);
    });
    wrapDecompression(call, (decompress) => (bytes, encoding) => {
      change(held, -held.chunks * CHUNK_OVERHEAD_BYTES);
      held.chunks = 0;
      if (encoding === "identity") return decompress(bytes, encoding);
      const decompressed = enqueueDecompression(async () => {
        if (held.isOver) return undefined;
        const message = await decompress(bytes, encoding);
        change(held, message.length + PREFIX_BYTES - bytes.length);
        return message;
      });
      // A refused call never gets the message.
      return decompressed.then((message) => message ?? new Promise<Buffer>(() => undefined));
    });
    return {
      release: (bytes) => change(held, -bytes - PREFIX_BYTES),
      end: () => end(held),
    };
  };
}

/** Runs up to `width` tasks at a time; the others wait, first in, first out. */
function createQueue(width: number) {
  let free = width;
  const waiting: (() => void)[] = [];
  return async function enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
