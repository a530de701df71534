// The gRPC process: attaches its backing services, binds PORT and serves until it is told to stop.
import "berth/early";
import { attachServices } from "berth/backing";
import { attachDatabase } from "berth/postgres";
import { createGrpcService, type RpcService } from "berth-grpc";
import { readAbout, serve } from "berth/process";
import { observeProcess } from "berth-telemetry";
import { grpcVariables } from "./config";
import { createNotesRpc } from "./features/notes/rpc";

observeProcess(); // part: telemetry
void serve(grpcVariables, ({ config, logger, target, draining, run }) => {
  const { name } = readAbout(__dirname);
  // Not from services.ts, so that this process does not load what only web attaches.
  const backing = { database: attachDatabase };
  const attachment = attachServices(backing, { config, logger, name });
  const services = { ...attachment.services, draining };
  // The services that clients may call, besides health and reflection. Add yours here.
  const rpcs: RpcService[] = [];
  rpcs.push(createNotesRpc(services)); // part: sample

  const grpc = createGrpcService({
    name: "grpc",
    target,
    logger,
    services: rpcs,
    attached: attachment.attached,
    draining: services.draining,
    hasReflection: config.GRPC_REFLECTION,
    messageLimitBytes: config.BODY_LIMIT_BYTES,
    maxConcurrentStreams: config.MAX_CONCURRENT_STREAMS,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    responseTimeoutMs: config.RESPONSE_TIMEOUT_MS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
  });
  return run([grpc], attachment.attached);
});
