// A gRPC server as a port-bound service: graceful shutdown loses no call.
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
  /** The services to serve, besides the standard health service. */
  services: readonly RpcService[];
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** Whether to serve reflection, too. */
  hasReflection: boolean;
  /** The most calls in flight per connection. */
  maxConcurrentStreams: number;
  /** How long a connection without calls stays open, in milliseconds. */
  keepAliveTimeoutMs: number;
}

/** The interval of keepalive pings, and how long a client may take to acknowledge one, in milliseconds. */
const PING_INTERVAL_MS = 30_000;
const PING_TIMEOUT_MS = 10_000;

/** The time between the two GOAWAYs of a drain, in milliseconds: calls on their way before the first one still arrive. */
const GOAWAY_NOTICE_MS = 100;
/** The response timeout during a drain, in milliseconds: a client that reads nothing must not use up the whole drain. */
const DRAIN_RESPONSE_TIMEOUT_MS = 1000;
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
    "grpc.keepalive_time_ms": PING_INTERVAL_MS,
    "grpc.keepalive_timeout_ms": PING_TIMEOUT_MS,
    "grpc.enable_channelz": 0,
  });
  const serviceNames = services.map((service) => service.name);
  const health = createHealth({ ...options, ending: ending.signal, serviceNames });
  const served = [...services, health];
  if (options.hasReflection) served.push(...createReflection(served));
  for (const service of served) {
    const { definition, implementation } = implementationOf(service, logger);
    server.addService(definition, implementation);
  }

  // grpc-js would bind the port itself: then neither workers nor passed sockets would work as for HTTP.
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
  const destroySockets = (): void => {
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
      calls.setResponseTimeout(Math.min(DRAIN_RESPONSE_TIMEOUT_MS, remainingMs / 4));
      calls.sendGoaway();
      await sleep(Math.min(GOAWAY_NOTICE_MS, remainingMs / 4));
      // Sends the second GOAWAY.
      server.tryShutdown(() => undefined);
      await calls.idle();
      if (!(await within(LINGER_MS, closed))) destroySockets();
      await closed;
    },
    destroy() {
      server.forceShutdown();
      destroySockets();
    },
  };
}
