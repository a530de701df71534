// An interceptor that tracks the calls in flight: sets request ids, writes the access log, and cancels calls of slow clients.
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { Metadata, type ServerInterceptor, ServerInterceptingCall, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { peerAddress } from "berth/listener";
import { publishCall, type PublishedCall } from "./call-events";
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
  /** Must be the server's first interceptor: `streamOf` finds nothing in a call that another one has wrapped. */
  interceptor: ServerInterceptor;
  /** Sends GOAWAY: clients open their next calls on another connection. Calls that are already on their way are served. */
  sendGoaway(): void;
  /** Replaces `responseTimeoutMs` for the calls in flight, in milliseconds. */
  setResponseTimeout(timeoutMs: number): void;
  /** Resolves when no call is in flight. */
  idle(): Promise<void>;
}

/** The memory limit for all unfinished requests together, in bytes, unless four of the largest messages need more. */
const UNFINISHED_BYTES = 33_554_432;

/** The highest stream id: a GOAWAY with it refuses no stream (RFC 9113, section 6.8). */
const LAST_STREAM_ID = 2 ** 31 - 1;

/** Tracks calls, and logs each one at level `info` when its status was sent or its client has disconnected. */
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
    cancelWhenStalled(stream, limits.responseTimeoutMs);
    const session = stream.session as ServerHttp2Session | undefined;
    if (!session || sessions.has(session)) return;
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
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
      let published: PublishedCall | undefined;
      const requestTimer = method.requestStream
        ? undefined
        : setTimeout(() => call.sendStatus(REQUEST_TIMEOUT), limits.requestTimeoutMs);
      let isRefused = false;
      /** Closes the stream without waiting for the rest of the request, which frees its memory. */
      const refuse = (reason: Refusal): void => {
        isRefused = true;
        call.sendStatus(reason);
        // Node 26 drops the status if the stream is closed in the same turn of the event loop.
        setImmediate(() => stream?.close(constants.NGHTTP2_NO_ERROR));
      };
      const refusal = stream && refusalOf(stream);
      const unfinished = stream && trackRequest(call, stream, () => refuse(OUT_OF_MEMORY));
      const endAndLog = (): void => {
        clearTimeout(requestTimer);
        unfinished?.end();
        const code = sentStatus(stream);
        published?.end(code);
        logger.info(
          {
            requestId,
            traceId,
            method: method.path,
            code,
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
              published = publishCall(metadata, method.path);
              traceId = traceIdOf(metadata);
              if (refusal) refuse(refusal);
              else pass(metadata);
            },
            onReceiveMessage(message: Buffer, pass) {
              if (method.requestStream) unfinished?.release(message.length);
              pass(message);
            },
            onReceiveHalfClose(pass) {
              clearTimeout(requestTimer);
              unfinished?.end();
              pass();
            },
            // grpc-js calls it at the end of every call, cancelled or not.
            onCancel() {
              endAndLog();
              if (stream && !stream.readableEnded && !isRefused) closeSoon(stream);
            },
          }),
        sendStatus(sent, next) {
          const metadata = sent.metadata ?? new Metadata();
          metadata.set("x-request-id", requestId);
          next({ ...sent, metadata });
        },
      });
    },
    sendGoaway() {
      for (const session of sessions) {
        if (!session.closed) session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM_ID);
      }
    },
    setResponseTimeout(timeoutMs) {
      for (const stream of streams) cancelWhenStalled(stream, timeoutMs);
    },
    idle: () =>
      new Promise((resolve) => {
        onIdle = resolve;
        if (streams.size === 0) resolve();
      }),
  };
}

const REQUEST_TIMEOUT = {
  code: status.DEADLINE_EXCEEDED,
  details: "The request was not complete in time.",
};

const OUT_OF_MEMORY = {
  code: status.RESOURCE_EXHAUSTED,
  details: "The server has too many incomplete requests.",
};

/** How long a client may take to end its request after it was sent a status, in milliseconds. */
const LINGER_MS = 500;

function closeSoon(stream: ServerHttp2Stream): void {
  setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), LINGER_MS).unref();
}

/** Uses Node's idle timeout of the stream, because only Node knows how much of a large message the client has read. */
function cancelWhenStalled(stream: ServerHttp2Stream, timeoutMs: number): void {
  stream.setTimeout(timeoutMs, () => {
    if (stream.writableLength > 0) stream.close(constants.NGHTTP2_CANCEL);
  });
}
