"use strict";
// Routing and validation of the bare contender, by hand.
const { URLSearchParams } = require("node:url");
const { large, small, thing } = require("./response-bodies");
const { readJson } = require("./bare-http-body");
const { faultsOfOrder } = require("./bare-http-order");
const { fillerFeatures } = require("./filler-routes");
const { problem } = require("./problem");

const THING_ID = /^[1-9]\d{0,18}$/;
const THING_X = /^[1-9]\d{0,3}$/;

const handlers = {
  "GET /json": (_req, _path, done) => done(null, 200, small()),
  "GET /large": (_req, _path, done) => done(null, 200, large()),
  "GET /things/:id": getThing,
  "POST /orders": postOrder,
};

function getThing(req, path, done) {
  const id = path.slice(path.lastIndexOf("/") + 1);
  if (!THING_ID.test(id)) return done(problem(404, "There is no such thing."));
  const query = new URLSearchParams(req.url.slice(path.length + 1));
  const x = query.get("x") ?? "";
  if (query.size === 1 && THING_X.test(x)) return done(null, 200, thing(id, Number(x)));
  const errors = [{ parameter: "x", detail: "must be a whole number from 1 to 9999" }];
  done(problem(400, "Some values are not valid.", { errors }));
}

function postOrder(req, _path, done) {
  readJson(req, (refusal, order) => {
    if (refusal) return done(refusal);
    const errors = faultsOfOrder(order);
    if (errors.length === 0) return done(null, 201, order);
    done(problem(422, "Some values are not valid.", { errors }));
  });
}

/** Creates the function that handles a request: `route(req, path, (problem, status, value) => …)`. */
function createRouter(env) {
  const routes = new Map();
  for (const { mount, routes: fillers } of fillerFeatures(env)) {
    for (const [method, path] of fillers) {
      const pattern = `${method.toUpperCase()} ${mount}${path}`;
      routes.set(pattern, (_req, _path, done) => done(null, 200, { path }));
    }
  }
  for (const [pattern, handler] of Object.entries(handlers)) routes.set(pattern, handler);

  return (req, path, done) => {
    const exact = `${req.method} ${path}`;
    const handler = routes.get(exact) ?? routes.get(withParameter(exact));
    if (handler) handler(req, path, done);
    else done(problem(404, "There is nothing at this path."));
  };
}

const withParameter = (exact) => `${exact.slice(0, exact.lastIndexOf("/"))}/:id`;

module.exports = { createRouter };
