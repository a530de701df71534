// The HTTP/2 stream below a call: grpc-js keeps it to itself, and only it knows what has become of the call.
import type { ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";

/** The stream of a call that no other interceptor has wrapped; undefined where grpc-js has come to name it otherwise. */
export const streamOf = (call: object): ServerHttp2Stream | undefined =>
  (call as { stream?: ServerHttp2Stream }).stream;

/** The status that has been sent; CANCELLED when the client went before. */
export function sentStatus(stream: ServerHttp2Stream | undefined): keyof typeof status {
  const sent =
    stream?.sentTrailers?.["grpc-status"] ?? stream?.sentHeaders?.["grpc-status"] ?? CANCELLED;
  return status[Number(sent)] as keyof typeof status;
}

const CANCELLED = status.CANCELLED;
