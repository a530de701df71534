// Reads private fields of grpc-js. If a version of it renames them, limits and log fields that need them are off.
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

/** The status that was sent; CANCELLED if the client disconnected before. */
export function sentStatus(stream: ServerHttp2Stream | undefined): keyof typeof status {
  const sent =
    stream?.sentTrailers?.["grpc-status"] ?? stream?.sentHeaders?.["grpc-status"] ?? CANCELLED;
  return status[Number(sent)] as keyof typeof status;
}

const CANCELLED = status.CANCELLED;

/** Decompresses a message. The first 5 bytes are its prefix: a flag and the length. */
export type Decompress = (bytes: Buffer, encoding: string) => Buffer | Promise<Buffer>;

/** Wraps the function that grpc-js calls with each complete message of a call, compressed or not. */
export function wrapDecompression(
  call: object,
  wrap: (decompress: Decompress) => Decompress,
): void {
  const own = call as { decompressMessage?: Decompress; decoder?: Decoder };
  const decompress = own.decompressMessage?.bind(call);
  if (!decompress) return;
  const wrapped = wrap(decompress);
  own.decompressMessage = (bytes, encoding) => {
    // Frees the chunks of the message, which the decoder would keep until the next one begins.
    if (own.decoder?.readState === NO_DATA) own.decoder.readPartialMessage = [];
    return wrapped(bytes, encoding);
  };
}

interface Decoder {
  readState?: number;
  readPartialMessage?: Buffer[];
}

/** `ReadState.NO_DATA` of grpc-js: the decoder is between two messages. */
const NO_DATA = 0;
