// A throwaway service on Berth's built chassis, and what a router may spoil: its headers, streams, uploads and WebSockets.
"use strict";

const express = require("express");
const { WebSocketServer } = require("tested-ws");
const { accessLog } = require("../../../dist/chassis/http/access-log");
const { createExpress } = require("../../../dist/chassis/express/app");
const { errorHandler } = require("../../../dist/chassis/http/error-handler");
const { readyz } = require("../../../dist/chassis/http/health");
const { requestId } = require("../../../dist/chassis/http/request-id");
const { createHttpServer } = require("../../../dist/chassis/http/server");
const { createHttpService } = require("../../../dist/chassis/port/http-service");
const { readBindTarget } = require("../../../dist/chassis/port/socket-activation");
const { enter } = require("../../../dist/chassis/process/entry");
const { createLifecycle } = require("../../../dist/chassis/process/lifecycle");
const { httpVariables } = require("../../../dist/chassis/process/variables");

void enter(httpVariables, (config, logger) => {
  const lifecycle = createLifecycle({
    process,
    logger,
    drainDelayMs: config.DRAIN_DELAY_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });
  const app = createExpress({
    trustProxy: config.TRUST_PROXY,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });
  app.use(requestId, accessLog(logger));
  app.get("/readyz", readyz({ draining: lifecycle.draining, attached: {}, logger }));

  app.get("/fast", (_req, res) => void res.send("done"));
  app.all("/seen", (req, res) => {
    const { id, ip, protocol, hostname, headers } = req;
    res.json({ port: config.PORT, id, ip, protocol, hostname, headers });
  });
  // Answers each piece of a body as it comes, and so before the whole body has come.
  app.post("/pieces", (req, res) => {
    req.on("data", (piece) => res.write(piece)).on("end", () => res.end());
  });
  app.post("/text", express.text(), (req, res) => void res.send(req.body));
  app.use(errorHandler(logger));

  const server = createHttpServer(app, {
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
  });
  new WebSocketServer({ server, path: "/live" }).on("connection", (client) =>
    client.on("message", (text) => client.send(String(text))),
  );
  const target = readBindTarget(config, process.env, process.pid);
  return lifecycle.run([createHttpService({ name: "web", server, target })]);
});
