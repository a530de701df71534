"use strict";
// Contender: Berth, set up like src/server.ts and src/app.ts, with the benchmark's routes.
const process = require("node:process");
require("berth/early");
const { disable } = require("./berth-without");
const { internal } = require("./internals");

disable(process.env.BERTH_BENCH_WITHOUT);

// Required after the optimizations are disabled, because destructured imports do not change later.
const { httpVariables } = require("berth/config");
const {
  createAppService,
  createExpress,
  errorHandler,
  everyRequest,
  livez,
  notFound,
  Problem,
  readyz,
} = require("berth/http");
const { keepWorkContexts, serve } = require("berth/process");
const { mountMetrics, observeProcess } = require("berth-telemetry");
const { telemetryVariables } = require("berth-telemetry/config");
const { parseBody } = internal("http/body");
const { parseQuery } = internal("schema/validate");
const { mountRoutes } = require("./express-routes");
const schemas = require("./valibot-schemas");

const { BENCH_CONTEXTS, BENCH_DATABASE_URL } = process.env;
if (BENCH_CONTEXTS) keepWorkContexts();

function createApp(config, logger, draining, database) {
  const attached = database ? { database } : {};
  const app = createExpress({
    trustProxy: config.TRUST_PROXY,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });

  app.use(everyRequest(logger));
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining, attached, logger }));
  mountMetrics(app);
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

/** Required here, so that other workloads do not pay for loading it. */
function attachDatabase(url) {
  const database = require("./ship-store").openDatabase(url);
  return { use: database, check: database.ping, isRequired: true, close: database.close };
}

observeProcess();
const variables = { ...httpVariables, ...telemetryVariables };
void serve(variables, ({ config, logger, target, draining, run }) => {
  const database = BENCH_DATABASE_URL && attachDatabase(BENCH_DATABASE_URL);
  const app = createApp(config, logger, draining, database);
  const web = createAppService({ name: "web", app, config, logger, target });
  return run([web], database ? { database } : {});
});
