"use strict";
// A Berth service, set up like src/server.ts and src/app.ts.
require("berth/early");
const { Router } = require("express");
const { describeRoute } = require("berth/api");
const { httpVariables } = require("berth/config");
const {
  createAppService,
  createExpress,
  errorHandler,
  everyRequest,
  notFound,
} = require("berth/http");
const { serve } = require("berth/process");
const { object, text } = require("berth/schema");
const { mountRoutes } = require("./routes");

const ship = object({ name: text(1, 20) });
const takesShip = describeRoute({ summary: "Takes a ship.", body: ship, responses: { 201: ship } });

void serve(httpVariables, ({ config, logger, target, run }) => {
  const { TRUST_PROXY: trustProxy, BODY_LIMIT_BYTES: bodyLimitBytes } = config;
  const app = createExpress({ trustProxy, bodyLimitBytes, logger });
  app.use(everyRequest(logger));
  mountRoutes(app, Router(), takesShip);
  app.use(notFound(app.router));
  app.use(errorHandler(logger));
  return run([createAppService({ name: "web", app, config, logger, target })], {});
});
