"use strict";
// Contender: Berth's real server as built into dist/, with the benchmark's routes after its owner's.
const process = require("node:process");
const { switchOff } = require("./berth-without");
const { createRoutes } = require("./express-routes");

switchOff(process.env.BERTH_BENCH_WITHOUT);

const { Problem } = require("../../../../dist/chassis/http/problem");
const { parseBody } = require("../../../../dist/chassis/http/body");
const { parseQuery } = require("../../../../dist/chassis/http/validate");
const schemas = require("./valibot-schemas");
const ownRoutes = require("../../../../dist/routes");

const { mountRoutes } = ownRoutes;
ownRoutes.mountRoutes = (app, services) => {
  mountRoutes(app, services);
  const routes = createRoutes(process.env, { parseBody, parseQuery, Problem, schemas });
  for (const [path, createRouter] of Object.entries(routes)) app.use(path, createRouter());
};
require("../../../../dist/server");
