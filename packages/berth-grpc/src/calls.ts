// Knows every call that is in flight: gives it an id and its log line, and cuts it when its client does not do its part.
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { Metadata, type ServerInterceptor, ServerInterceptingCall, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { peerAddress } from "berth/listener";
import { type Refusal, refusalOf } from "./call-head";
import { setRequestId, traceIdOf } from "./call-headers";
import { sentStatus, streamOf } from "./http2-stream";
import { createUnfinishedRequests } from "./unfinished-requests";

/** How patient the server is with clients. */
export interface CallLimits {
  /** How long a client may take to send a request that is one message, in milliseconds. */
  requestTimeoutMs: number;
  /** How long a client may take nothing of what waits for it, in milliseconds. */
  responseTimeoutMs: number;
  /** The largest message that clients may send, after decompression, in bytes. */
  messageLimitBytes: number;
}

/** The calls of one server. */
export interface Calls {
  /** To be the server's first, and only it sees the call as it is. */
  interceptor: ServerInterceptor;
  /** Tells clients to make their next calls elsewhere; those that cross it are still served. */
  giveNotice(): void;
  /** Gives clients less time to go on reading, in milliseconds. */
  hurry(stalledMs: number): void;
  /** Resolves when no call is in flight. */
  idle(): Promise<void>;
}

/** What all requests together may hold that have not come to their end, in bytes; four of the largest messages at least. */
const UNFINISHED_BYTES = 33_554_432;

/** The highest id that a stream may have: whatever a client has opened by now is served. */
const LAST_STREAM = 2 ** 31 - 1;

/** Watches calls, and logs each at level `info` when its status is sent or its client has gone. */
export function trackCalls(logger: Logger, limits: CallLimits): Calls {
  const streams = new Set<ServerHttp2Stream>();
  const sessions = new Set<ServerHttp2Session>();
  const holdRequest = createUnfinishedRequests(
    Math.max(UNFINISHED_BYTES, 4 * limits.messageLimitBytes),
  );
  let onIdle = (): void => undefined;

  function track(stream: ServerHttp2Stream): void {
    streams.add(stream);
    stream.once("close", () => {
      streams.delete(stream);
      if (streams.size === 0) onIdle();
    });
    cutWhenStalled(stream, limits.responseTimeoutMs);
    const { session } = stream;
    if (!session || sessions.has(session as ServerHttp2Session)) return;
    sessions.add(session as ServerHttp2Session);
    session.once("close", () => sessions.delete(session as ServerHttp2Session));
  }

  return {
    interceptor(method, call) {
      const startedAt = performance.now();
      const stream = streamOf(call);
      if (stream) track(stream);
      const socket = stream?.session?.socket;
      const client = socket && peerAddress(socket);
      let requestId: string;
      let traceId: string | undefined;
      const late = method.requestStream
        ? undefined
        : setTimeout(() => call.sendStatus(TOO_LATE), limits.requestTimeoutMs);
      let isRefused = false;
      /** What it holds goes with the stream, which is not kept for the rest of the request. */
      const refuse = (of: Refusal): void => {
        isRefused = true;
        call.sendStatus(of);
        // In the same turn, Node 26 would drop the status.
        setImmediate(() => stream?.close(constants.NGHTTP2_NO_ERROR));
      };
      const refusal = stream && refusalOf(stream);
      const held = stream && holdRequest(call, stream, () => refuse(TOO_MUCH));
      const log = (): void => {
        clearTimeout(late);
        held?.end();
        logger.info(
          {
            requestId,
            traceId,
            method: method.path,
            code: sentStatus(stream),
            durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
            client,
          },
          "call",
        );
      };
      return new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata(metadata, pass) {
              requestId = setRequestId(metadata);
              traceId = traceIdOf(metadata);
              if (refusal) refuse(refusal);
              else pass(metadata);
            },
            onReceiveMessage(message: Buffer, pass) {
              if (method.requestStream) held?.handOver(message.length);
              pass(message);
            },
            onReceiveHalfClose(pass) {
              clearTimeout(late);
              held?.end();
              pass();
            },
            // At the end in any case.
            onCancel() {
              log();
              if (stream && !stream.readableEnded && !isRefused) closeSoon(stream);
            },
          }),
        sendStatus(of, next) {
          const metadata = of.metadata ?? new Metadata();
          metadata.set("x-request-id", requestId);
          next({ ...of, metadata });
        },
      });
    },
    giveNotice() {
      for (const session of sessions) {
        if (!session.closed) session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
      }
    },
    hurry(stalledMs) {
      for (const stream of streams) cutWhenStalled(stream, stalledMs);
    },
    idle: () =>
      new Promise((resolve) => {
        onIdle = resolve;
        if (streams.size === 0) resolve();
      }),
  };
}

const TOO_LATE = {
  code: status.DEADLINE_EXCEEDED,
  details: "The request did not come to its end in time.",
};

const TOO_MUCH = {
  code: status.RESOURCE_EXHAUSTED,
  details: "The server holds too many requests that have not come to their end.",
};

/** A client that has its status, and has not ended its request, has this long to do so, in milliseconds. */
const LINGER_MS = 500;

function closeSoon(stream: ServerHttp2Stream): void {
  setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), LINGER_MS).unref();
}

/** Node's own timer is used because it alone knows how much of a large message has been taken. */
function cutWhenStalled(stream: ServerHttp2Stream, timeoutMs: number): void {
  stream.setTimeout(timeoutMs, () => {
    if (stream.writableLength > 0) stream.close(constants.NGHTTP2_CANCEL);
  });
}
