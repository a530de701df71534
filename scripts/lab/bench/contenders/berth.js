"use strict";
// Contender: Berth's real server as built into dist/, with the benchmark's routes after its owner's.
const process = require("node:process");
const { switchOff } = require("./berth-without");
const { createRoutes } = require("./express-routes");

switchOff(process.env.BERTH_BENCH_WITHOUT);

const { Problem } = require("../../../../dist/chassis/http/problem");
const { parseBody, parseQuery } = require("../../../../dist/chassis/http/validate");
const schemas = require("./valibot-schemas");
const { routes } = require("../../../../dist/routes");

Object.assign(routes, createRoutes(process.env, { parseBody, parseQuery, Problem, schemas }));
require("../../../../dist/server");
