// A gRPC server as a port-bound service: how it drains without losing a call.
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { bind, type BindTarget, type PortBoundService, watchAcceptQueue } from "berth/listener";
import { type ReadinessOptions, within } from "berth/process";
import { METADATA_LIMIT_BYTES, screenHead } from "./call-head";
import { type CallLimits, trackCalls } from "./calls";
import { implementationOf, type RpcService } from "./handlers";
import { createHealth } from "./health";
import { http2ServersOf } from "./http2-stream";
import { createReflection } from "./reflection";

/** How a gRPC server is bound, and what it serves. */
export interface GrpcServiceOptions extends ReadinessOptions, CallLimits {
  name: string;
  target: BindTarget;
  /** Health comes besides. */
  services: readonly RpcService[];
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** Whether tools may ask what is served. */
  hasReflection: boolean;
  maxConcurrentStreams: number;
  /** How long a connection without calls stays open, in milliseconds. */
  keepAliveTimeoutMs: number;
}

/** A client that is silent is asked this often whether it is still there, and has so long to answer, in milliseconds. */
const PING_MS = 30_000;
const PONG_MS = 10_000;

/** Calls that are on their way when the drain begins get this long to arrive, in milliseconds. */
const NOTICE_MS = 100;
/** A client that has stopped reading its answer gets this long to go on, once the service drains, in milliseconds. */
const STALLED_GRACE_MS = 1000;
/** A client that does not close its connection after its last call gets this long, in milliseconds. */
const LINGER_MS = 500;

/** Makes a port-bound service of what handles calls. */
export function createGrpcService(options: GrpcServiceOptions): PortBoundService {
  const { name, target, logger, services, keepAliveTimeoutMs } = options;
  const calls = trackCalls(logger, options);
  const ending = new AbortController();
  const server = new Server({
    interceptors: [calls.interceptor],
    "grpc.max_receive_message_length": options.messageLimitBytes,
    "grpc.max_concurrent_streams": options.maxConcurrentStreams,
    // 0 is no limit, as it is for HTTP.
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

  // grpc-js would bind by itself; this way the port is bound as every other one is, by workers and from systemd, too.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  for (const http2Server of http2ServersOf(server)) {
    http2Server.updateSettings({
      maxConcurrentStreams: options.maxConcurrentStreams,
      maxHeaderListSize: METADATA_LIMIT_BYTES,
    });
    http2Server.prependListener("stream", screenHead);
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
      calls.hurry(Math.min(STALLED_GRACE_MS, remainingMs / 4));
      calls.giveNotice();
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
