// The gRPC process: attaches its backing services, binds PORT and serves until it is told to stop.
import { parentShell } from "./chassis/process/early";
import { attachServices } from "./chassis/backing/services";
import type { RpcService } from "./chassis/grpc/handlers";
import { createGrpcService } from "./chassis/grpc/service";
import { readBindTarget } from "./chassis/port/socket-activation";
import { readAbout } from "./chassis/process/about";
import { enter } from "./chassis/process/entry";
import { createLifecycle } from "./chassis/process/lifecycle";
import { parentGone } from "./chassis/process/parent-shell";
import { grpcVariables } from "./config";
import { createNotesRpc } from "./features/notes/rpc";
import { backingServices } from "./services";

void enter(grpcVariables, (config, logger) => {
  const lifecycle = createLifecycle({
    process,
    logger,
    orphaned: parentGone(process, parentShell),
    drainDelayMs: config.DRAIN_DELAY_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });

  const { name } = readAbout(__dirname);
  const { database } = backingServices;
  const attachment = attachServices({ database }, { config, logger, name });
  const services = { ...attachment.services, draining: lifecycle.draining };
  // What clients may call, besides health and reflection.
  const rpcs: RpcService[] = [];
  rpcs.push(createNotesRpc(services));

  const grpc = createGrpcService({
    name: "grpc",
    target: readBindTarget(config, process.env, process.pid),
    logger,
    services: rpcs,
    attached: attachment.attached,
    draining: services.draining,
    messageLimitBytes: config.BODY_LIMIT_BYTES,
    maxConcurrentStreams: config.MAX_CONCURRENT_STREAMS,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    responseTimeoutMs: config.RESPONSE_TIMEOUT_MS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
  });
  return lifecycle.run([grpc], attachment.attached);
});
