// Limits the memory of all incomplete requests together: above the limit, the oldest one is refused.
import type { ServerHttp2Stream } from "node:http2";
import { wrapDecompression } from "./http2-stream";

/** The memory of one unfinished request. */
export interface UnfinishedRequest {
  /** Subtracts a message of this size, in bytes, which the handler of a stream has received. */
  release(this: void, bytes: number): void;
  /** Subtracts the rest: the request is complete, or its call is over. */
  end(this: void): void;
}

/** Starts to track a request. @param refuse Called when it has to make room. */
export type TrackRequest = (
  call: object,
  stream: ServerHttp2Stream,
  refuse: () => void,
) => UnfinishedRequest;

/** A request in progress. */
interface Tracked {
  /** The memory that it takes. */
  bytes: number;
  /** The number of chunks of the incomplete message. */
  chunks: number;
  isOver: boolean;
  refuse: () => void;
}

/** The memory of a chunk besides its data, in bytes: a client may send one byte at a time. */
const CHUNK_OVERHEAD_BYTES = 128;

/** The length of the prefix of each message, in bytes. @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const PREFIX_BYTES = 5;

/** How many messages are decompressed at a time: each decompressor takes about 64 KiB, however small its message. */
const MAX_DECOMPRESSING = 8;

/** Creates a limit of this many bytes for all requests together. */
export function createUnfinishedRequests(limitBytes: number): TrackRequest {
  /** Requests that take memory, oldest first: a well-behaved client completes its request soon. */
  const holding = new Set<Tracked>();
  const enqueueDecompression = createQueue(MAX_DECOMPRESSING);
  let total = 0;

  /** Adds to the memory of a request, and refuses the oldest ones if that exceeds the limit. */
  function add(bytes: number, request: Tracked): void {
    if (request.isOver) return;
    request.bytes += bytes;
    total += bytes;
    if (request.bytes > 0) holding.add(request);
    else holding.delete(request);
    while (total > limitBytes) {
      const [oldest] = holding;
      if (!oldest) return;
      end(oldest);
      oldest.refuse();
    }
  }

  function end(request: Tracked): void {
    if (request.isOver) return;
    request.isOver = true;
    holding.delete(request);
    total -= request.bytes;
  }

  return (call, stream, refuse) => {
    const request: Tracked = { bytes: 0, chunks: 0, isOver: false, refuse };
    // Must run before the listener of grpc-js, which ignores the data of a refused call.
    stream.prependListener("data", (chunk: Buffer) => {
      request.chunks++;
      add(chunk.length + CHUNK_OVERHEAD_BYTES, request);
    });
    // Called with each complete message, whose chunks grpc-js has joined.
    wrapDecompression(call, (decompress) => (bytes, encoding) => {
      add(-request.chunks * CHUNK_OVERHEAD_BYTES, request);
      request.chunks = 0;
      if (encoding === "identity") return decompress(bytes, encoding);
      const decompressed = enqueueDecompression(async () => {
        if (request.isOver) return undefined;
        const message = await decompress(bytes, encoding);
        add(message.length + PREFIX_BYTES - bytes.length, request);
        return message;
      });
      // Never settles for a refused call: grpc-js must not pass on a message for it.
      return decompressed.then((message) => message ?? new Promise<Buffer>(() => undefined));
    });
    return {
      release: (bytes) => add(-bytes - PREFIX_BYTES, request),
      end: () => end(request),
    };
  };
}

/** Runs up to this many tasks at a time; the others wait, first in, first out. */
function createQueue(concurrency: number) {
  let free = concurrency;
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
