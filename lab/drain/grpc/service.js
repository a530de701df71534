// The gRPC service under test: quick and slow responses and streams; each call is recorded in a journal.
"use strict";

const { openSync, writeSync } = require("node:fs");
const { join } = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
require("berth/early");
const { serve } = require("berth/process");
const { createGrpcService, loadProtos } = require("berth-grpc");
const { grpcVariables } = require("berth-grpc/config");

const CREATE_MS = 100;
const MESSAGES = 20;
const MESSAGE_INTERVAL_MS = 50;

/** Written synchronously, so that a killed process loses no entry. */
const journal = openSync(process.env.DRAIN_JOURNAL, "a");
const note = (what, id = "") => writeSync(journal, `${what} ${process.pid} ${id}\n`);

const drain = {
  name: "drain.Drain",
  protos: loadProtos(join(__dirname, "drain.proto")),
  handlers: {
    async get(request) {
      note("begun", request.id);
      return request;
    },
    async create(request) {
      note("begun", request.id);
      await sleep(CREATE_MS);
      return request;
    },
    async *list(request) {
      note("begun", request.id);
      for (let sent = 0; sent < MESSAGES; sent++) {
        yield request;
        await sleep(MESSAGE_INTERVAL_MS);
      }
    },
  },
};

void serve(grpcVariables, ({ config, logger, target, draining, run }) => {
  const service = createGrpcService({
    name: "grpc",
    target,
    logger,
    services: [drain],
    attached: {},
    draining,
    hasReflection: config.GRPC_REFLECTION,
    messageLimitBytes: config.BODY_LIMIT_BYTES,
    maxConcurrentStreams: config.MAX_CONCURRENT_STREAMS,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    responseTimeoutMs: config.RESPONSE_TIMEOUT_MS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
  });
  const noted = {
    ...service,
    async bind() {
      const bound = await service.bind();
      note("up");
      return bound;
    },
  };
  return run([noted]);
});
