// What grpc-js keeps to itself, and only it knows; where it has come to name it otherwise, these do nothing.
import type { Http2Server, ServerHttp2Stream } from "node:http2";
import { type Server, status } from "@grpc/grpc-js";

/** The HTTP/2 stream of a call that no other interceptor has wrapped. */
export const streamOf = (call: object): ServerHttp2Stream | undefined =>
  (call as { stream?: ServerHttp2Stream }).stream;

/** The HTTP/2 servers below a gRPC server. */
export const http2ServersOf = (server: Server): Http2Server[] => [
  ...((server as unknown as { http2Servers?: Map<Http2Server, unknown> }).http2Servers?.keys() ??
    []),
];

/** The status that has been sent; CANCELLED when the client went before. */
export function sentStatus(stream: ServerHttp2Stream | undefined): keyof typeof status {
  const sent =
    stream?.sentTrailers?.["grpc-status"] ?? stream?.sentHeaders?.["grpc-status"] ?? CANCELLED;
  return status[Number(sent)] as keyof typeof status;
}

const CANCELLED = status.CANCELLED;

/** Makes a message of its bytes, which begin with 5 that say how long it is. */
export type Decompress = (bytes: Buffer, encoding: string) => Buffer | Promise<Buffer>;

/** Puts something around what is done with each message of a call once it is whole. */
export function wrapDecompression(
  call: object,
  wrap: (decompress: Decompress) => Decompress,
): void {
  const of = call as { decompressMessage?: Decompress; decoder?: Decoder };
  const decompress = of.decompressMessage?.bind(call);
  if (!decompress) return;
  const wrapped = wrap(decompress);
  of.decompressMessage = (bytes, encoding) => {
    // The parts of a message would be kept besides it until the next one begins.
    if (of.decoder?.readState === NO_DATA) of.decoder.readPartialMessage = [];
    return wrapped(bytes, encoding);
  };
}

interface Decoder {
  readState?: number;
  readPartialMessage?: Buffer[];
}

const NO_DATA = 0;
