// A gRPC server as a port-bound service that drains without losing a call.
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { bind, type BindTarget, type PortBoundService, watchAcceptQueue } from "berth/listener";
import { type ReadinessOptions, within } from "berth/process";
import { METADATA_LIMIT_BYTES, checkHead } from "./call-head";
import { type CallLimits, trackCalls } from "./calls";
import { implementationOf, type RpcService } from "./handlers";
import { createHealth } from "./health";
import { http2ServersOf } from "./http2-stream";
import { createReflection } from "./reflection";

/** Options of a gRPC server. */
export interface GrpcServiceOptions extends ReadinessOptions, CallLimits {
  name: string;
  target: BindTarget;
  /** The health service is added to them. */
  services: readonly RpcService[];
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** Whether the reflection service is added. */
  hasReflection: boolean;
  maxConcurrentStreams: number;
  /** How long a connection without calls stays open, in milliseconds. */
  keepAliveTimeoutMs: number;
}

/** The interval of keepalive pings, and how long a client may take to acknowledge one, in milliseconds. */
const PING_MS = 30_000;
const PONG_MS = 10_000;

/** How long calls that are already on their way may take to arrive after the drain has begun, in milliseconds. */
const NOTICE_MS = 100;
/** How long a client that has stopped reading may take to continue during the drain, in milliseconds. */
const STALLED_GRACE_MS = 1000;
/** How long a client may take to close its connection after its last call, in milliseconds. */
const LINGER_MS = 500;

/** Creates a gRPC server with these services. */
export function createGrpcService(options: GrpcServiceOptions): PortBoundService {
  const { name, target, logger, services, keepAliveTimeoutMs } = options;
  const calls = trackCalls(logger, options);
  const ending = new AbortController();
  const server = new Server({
    interceptors: [calls.interceptor],
    "grpc.max_receive_message_length": options.messageLimitBytes,
    "grpc.max_concurrent_streams": options.maxConcurrentStreams,
    // 0 means no limit, as for HTTP.
    ...(keepAliveTimeoutMs > 0 && { "grpc.max_connection_idle_ms": keepAliveTimeoutMs }),
    "grpc.keepalive_time_ms": PING_MS,
    "grpc.keepalive_timeout_ms": PONG_MS,
    "grpc.enable_channelz": 0,
  });
  const serviceNames = services.map((of) => of.name);
  const health = createHealth({ ...options, ending: ending.signal, serviceNames });
  const served = [...services, health];
  if (options.hasReflection) served.push(...createReflection(served));
  for (const service of served) {
    const { definition, implementation } = implementationOf(service, logger);
    server.addService(definition, implementation);
  }

  // Injected connections, instead of grpc-js binding the port itself, so that workers and passed sockets work as for HTTP.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  for (const http2Server of http2ServersOf(server)) {
    http2Server.updateSettings({
      maxConcurrentStreams: options.maxConcurrentStreams,
      maxHeaderListSize: METADATA_LIMIT_BYTES,
    });
    http2Server.prependListener("stream", checkHead);
  }
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  let draining = false;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    name,
    bind: () => bind(listener, target),
    isReady: () => listener.listening && !draining,
    acceptWaiting: watchAcceptQueue(listener),
    beginDrain() {
      draining = true;
    },
    async drain(remainingMs) {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      ending.abort();
      calls.setStallTimeout(Math.min(STALLED_GRACE_MS, remainingMs / 4));
      calls.sendGoaway();
      await sleep(Math.min(NOTICE_MS, remainingMs / 4));
      server.tryShutdown(() => undefined);
      await calls.idle();
      if (!(await within(LINGER_MS, closed))) cut();
      await closed;
    },
    destroy() {
      server.forceShutdown();
      cut();
    },
  };
}
