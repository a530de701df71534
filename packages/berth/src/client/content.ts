// A stream to send to another service: it can be read once, and must not be left open when it is not.
import { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/** What a stream to send consists of. */
export type ContentChunks = AsyncIterable<Uint8Array | string>;

/** A stream to send. */
export interface ContentStream {
  /** Its size in bytes, if it is known. */
  readonly length: number | undefined;
  /** The chunks, for undici. Not the stream itself: undici would destroy that even when no connection could be opened. */
  readonly chunks: ContentChunks;
  /** Whether a byte may have been read, so that it cannot be sent again. */
  isBegun(): boolean;
  /** Whether some of it is still to be read: then the service cannot respond yet. */
  isUnfinished(): boolean;
  /** How reading it failed, if it did. */
  failure(): { err: unknown } | undefined;
  /** Closes it, unless it is the request of a client, which still waits for a response on its connection. */
  discard(): void;
}

/** Takes over a stream. @param length Its size in bytes; unknown by default. */
export function createContentStream(source: ContentChunks, length?: number): ContentStream {
  let isBegun = false;
  let isRead = false;
  let failure: { err: unknown } | undefined;
  const isRequest = source instanceof IncomingMessage;
  // A file that cannot be opened says so before it is read; without a listener, that would end the process.
  if (source instanceof Readable) source.on("error", () => undefined);

  async function* read(): AsyncGenerator<Uint8Array | string> {
    isBegun = true;
    try {
      yield* isRequest ? source.iterator({ destroyOnReturn: false }) : source;
      isRead = true;
    } catch (err) {
      failure = { err };
      throw err;
    }
  }

  return {
    length,
    chunks: { [Symbol.asyncIterator]: read },
    isBegun: () => isBegun,
    isUnfinished: () => isBegun && !isRead,
    failure: () => failure,
    discard() {
      if (source instanceof Readable && !isRequest) source.destroy();
    },
  };
}
