// Access to private fields of grpc-js. If a version of it renames them, these functions do nothing.
import type { Http2Server, ServerHttp2Stream } from "node:http2";
import { type Server, status } from "@grpc/grpc-js";

/** The HTTP/2 stream of a call that is not wrapped by another interceptor. */
export const streamOf = (call: object): ServerHttp2Stream | undefined =>
  (call as { stream?: ServerHttp2Stream }).stream;

/** The HTTP/2 servers of a gRPC server. */
export const http2ServersOf = (server: Server): Http2Server[] => [
  ...((server as unknown as { http2Servers?: Map<Http2Server, unknown> }).http2Servers?.keys() ??
    []),
];

/** The status that was sent; CANCELLED if the client was gone before. */
export function sentStatus(stream: ServerHttp2Stream | undefined): keyof typeof status {
  const sent =
    stream?.sentTrailers?.["grpc-status"] ?? stream?.sentHeaders?.["grpc-status"] ?? CANCELLED;
  return status[Number(sent)] as keyof typeof status;
}

const CANCELLED = status.CANCELLED;

/** Decompresses a message. The first 5 bytes are its prefix: a flag and the length. */
export type Decompress = (bytes: Buffer, encoding: string) => Buffer | Promise<Buffer>;

/** Wraps the decompression of each complete message of a call. */
export function wrapDecompression(
  call: object,
  wrap: (decompress: Decompress) => Decompress,
): void {
  const of = call as { decompressMessage?: Decompress; decoder?: Decoder };
  const decompress = of.decompressMessage?.bind(call);
  if (!decompress) return;
  const wrapped = wrap(decompress);
  of.decompressMessage = (bytes, encoding) => {
    // Frees the chunks of the message, which the decoder would keep until the next one begins.
    if (of.decoder?.readState === NO_DATA) of.decoder.readPartialMessage = [];
    return wrapped(bytes, encoding);
  };
}

interface Decoder {
  readState?: number;
  readPartialMessage?: Buffer[];
}

const NO_DATA = 0;
