// Tracks the calls in flight: sets request ids, writes log lines, and cancels calls of slow clients.
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { Metadata, type ServerInterceptor, ServerInterceptingCall, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { peerAddress } from "berth/listener";
import { type Refusal, refusalOf } from "./call-head";
import { setRequestId, traceIdOf } from "./call-headers";
import { sentStatus, streamOf } from "./http2-stream";
import { createUnfinishedRequests } from "./unfinished-requests";

/** Limits for clients. */
export interface CallLimits {
  /** How long a client may take to send a request that is a single message, in milliseconds. */
  requestTimeoutMs: number;
  /** How long a client may read nothing while data is waiting for it, in milliseconds. */
  responseTimeoutMs: number;
  /** The limit for a message, after decompression, in bytes. */
  messageLimitBytes: number;
}

/** The calls in flight of one server. */
export interface Calls {
  /** Must be the server's first interceptor, because it needs the unwrapped call. */
  interceptor: ServerInterceptor;
  /** Sends GOAWAY, so that clients reconnect elsewhere; calls that are already on their way are still served. */
  sendGoaway(): void;
  /** Reduces the time that clients have to continue reading, in milliseconds. */
  setStallTimeout(stalledMs: number): void;
  /** Resolves when no call is in flight. */
  idle(): Promise<void>;
}

/** The memory limit for all unfinished requests together, in bytes; at least four of the largest messages. */
const UNFINISHED_BYTES = 33_554_432;

/** The highest stream id: a GOAWAY with it refuses no stream that a client has already opened. */
const LAST_STREAM = 2 ** 31 - 1;

/** Tracks calls, and logs each one at level `info` when its status is sent or its client is gone. */
export function trackCalls(logger: Logger, limits: CallLimits): Calls {
  const streams = new Set<ServerHttp2Stream>();
  const sessions = new Set<ServerHttp2Session>();
  const trackRequest = createUnfinishedRequests(
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
      /** Closes the stream without waiting for the rest of the request, which frees its memory. */
      const refuse = (of: Refusal): void => {
        isRefused = true;
        call.sendStatus(of);
        // Node 26 drops the status if the stream is closed in the same turn of the event loop.
        setImmediate(() => stream?.close(constants.NGHTTP2_NO_ERROR));
      };
      const refusal = stream && refusalOf(stream);
      const held = stream && trackRequest(call, stream, () => refuse(TOO_MUCH));
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
              if (method.requestStream) held?.release(message.length);
              pass(message);
            },
            onReceiveHalfClose(pass) {
              clearTimeout(late);
              held?.end();
              pass();
            },
            // Called at the end of every call, cancelled or not.
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
    sendGoaway() {
      for (const session of sessions) {
        if (!session.closed) session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
      }
    },
    setStallTimeout(stalledMs) {
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
  details: "The request was not complete in time.",
};

const TOO_MUCH = {
  code: status.RESOURCE_EXHAUSTED,
  details: "The server has too many incomplete requests.",
};

/** How long a client may take to end its request after it has received its status, in milliseconds. */
const LINGER_MS = 500;

function closeSoon(stream: ServerHttp2Stream): void {
  setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), LINGER_MS).unref();
}

/** Uses the stream's own timeout, because only Node knows how much of a large message the client has read. */
function cutWhenStalled(stream: ServerHttp2Stream, timeoutMs: number): void {
  stream.setTimeout(timeoutMs, () => {
    if (stream.writableLength > 0) stream.close(constants.NGHTTP2_CANCEL);
  });
}
