"use strict";
// A service on the built chassis, in the order of src/server.ts and src/app.ts.
const chassis = (path) => require(`../../../dist/chassis/${path}`);

chassis("process/early");
const { Router } = require("express");
const { createExpress } = chassis("express/app");
const { asOneLayer } = chassis("express/one-layer");
const { accessLog } = chassis("http/access-log");
const { createAppService } = chassis("http/app-service");
const { parseBody } = chassis("http/body");
const { refuseLate } = chassis("http/deadline");
const { defaultHeaders } = chassis("http/default-headers");
const { errorHandler } = chassis("http/error-handler");
const { object, text } = chassis("http/fields");
const { logContext } = chassis("http/log-context");
const { notFound } = chassis("http/not-found");
const { requestId } = chassis("http/request-id");
const { strictHead } = chassis("http/strict-head");
const { serve } = chassis("process/serve");
const { httpVariables } = chassis("process/variables");
const { mountRoutes } = require("./routes");

const ship = object({ name: text(1, 20) });

void serve(httpVariables, ({ config, logger, target, run }) => {
  const { TRUST_PROXY: trustProxy, BODY_LIMIT_BYTES: bodyLimitBytes } = config;
  const app = createExpress({ trustProxy, bodyLimitBytes, logger });
  app.use(
    asOneLayer(
      requestId,
      logContext(logger),
      accessLog(logger),
      defaultHeaders(),
      strictHead,
      refuseLate,
    ),
  );
  mountRoutes(app, Router(), (req) => parseBody(ship, req));
  app.use(notFound(app.router));
  app.use(errorHandler(logger));
  return run([createAppService({ name: "web", app, config, logger, target })], {});
});
