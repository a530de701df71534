// The service under test, with everything that a router may break: headers, streams, uploads and WebSockets.
"use strict";

const express = require("express");
const { WebSocketServer } = require("ws");
const { httpVariables } = require("berth/config");
const {
  accessLog,
  createAppService,
  createExpress,
  errorHandler,
  readyz,
  requestId,
} = require("berth/http");
const { serve } = require("berth/process");

void serve(httpVariables, ({ config, logger, target, draining, run }) => {
  const app = createExpress({
    trustProxy: config.TRUST_PROXY,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });
  app.use(requestId, accessLog(logger));
  app.get("/readyz", readyz({ draining, attached: {}, logger }));

  app.get("/fast", (_req, res) => void res.send("done"));
  app.all("/seen", (req, res) => {
    const { id, ip, protocol, hostname, headers } = req;
    res.json({ port: config.PORT, id, ip, protocol, hostname, headers });
  });
  // Echoes each chunk of the body as it arrives, before the body is complete.
  app.post("/pieces", (req, res) => {
    req.on("data", (piece) => res.write(piece)).on("end", () => res.end());
  });
  app.post("/text", express.text(), (req, res) => void res.send(req.body));
  app.use(errorHandler(logger));

  const mountUpgrades = (server) =>
    new WebSocketServer({ server, path: "/live" }).on("connection", (client) =>
      client.on("message", (text) => client.send(String(text))),
    );
  return run([createAppService({ name: "web", app, config, logger, target, mountUpgrades })]);
});
