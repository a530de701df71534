"use strict";
// Contender: Berth's chassis as built into dist/, in the order of src/server.ts and src/app.ts, with the benchmark's routes.
const process = require("node:process");
const { switchOff } = require("./berth-without");

const chassis = (path) => require(`../../../../dist/chassis/${path}`);

chassis("process/early");
switchOff(process.env.BERTH_BENCH_WITHOUT);

// Called by their modules' names where a trick may stand in for them.
const { accessLog } = chassis("http/access-log");
const { createAppService } = chassis("http/app-service");
const { createExpress } = chassis("express/app");
const { asOneLayer } = chassis("express/one-layer");
const { refuseLate } = chassis("http/deadline");
const { defaultHeaders } = chassis("http/default-headers");
const { errorHandler } = chassis("http/error-handler");
const { livez, readyz } = chassis("http/health");
const { logContext } = chassis("http/log-context");
const { notFound } = chassis("http/not-found");
const { Problem } = chassis("http/problem");
const { requestId } = chassis("http/request-id");
const { strictHead } = chassis("http/strict-head");
const { parseBody } = chassis("http/body");
const { parseQuery } = chassis("http/validate");
const { serve } = chassis("process/serve");
const { httpVariables } = chassis("process/variables");
const { mountRoutes } = require("./express-routes");
const schemas = require("./valibot-schemas");

const { BENCH_CONTEXTS, BENCH_DATABASE_URL } = process.env;
if (BENCH_CONTEXTS) chassis("process/work-context").keepWorkContexts();

function createApp(config, logger, draining, database) {
  const attached = database ? { database } : {};
  const app = createExpress({
    trustProxy: config.TRUST_PROXY,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });

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
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining, attached, logger }));
  if (process.env.BENCH_API) require("./berth-api").mountApi(app, process.env, logger);
  if (database) {
    const { createShipsRouter } = require("./berth-ships");
    app.use("/ships", createShipsRouter(database.use));
  }
  mountRoutes(app, process.env, { parseBody, parseQuery, Problem, schemas });
  app.use(notFound(app.router));
  app.use(errorHandler(logger));

  return app;
}

/** Here, so that whoever needs no ships does not pay for loading it. */
function attachDatabase(url) {
  const database = require("./ship-store").openDatabase(url);
  return { use: database, check: database.ping, isRequired: true, close: database.close };
}

void serve(httpVariables, ({ config, logger, target, draining, run }) => {
  const database = BENCH_DATABASE_URL && attachDatabase(BENCH_DATABASE_URL);
  const app = createApp(config, logger, draining, database);
  const web = createAppService({ name: "web", app, config, logger, target });
  return run([web], database ? { database } : {});
});
