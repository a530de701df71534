"use strict";
// The benchmark's routes in Fastify, with schemas for requests and responses.
const { large, small, thing } = require("./response-bodies");
const { fillerFeatures } = require("./filler-routes");
const { addShipsRoutes } = require("./fastify-ships");
const schemas = require("./json-schemas");

/** Adds the routes; the measured ones come last. */
function addRoutes(app, env) {
  for (const { mount, routes } of fillerFeatures(env)) {
    const prefix = mount === "/" ? "" : mount;
    for (const [method, path] of routes) {
      app[method]((prefix + path).replace(/\/$/, ""), async () => ({ path }));
    }
  }
  addMeasuredRoutes(app);
  if (env.BENCH_DATABASE_URL) addShipsRoutes(app, env.BENCH_DATABASE_URL);
}

// Not async: in Fastify, `reply.send` in a plain handler is faster than a promise.
function addMeasuredRoutes(app) {
  app.get("/json", { schema: { response: { 200: schemas.small } } }, (_request, reply) => {
    reply.send(small());
  });
  app.get(
    "/things/:id",
    {
      schema: {
        params: schemas.thingParams,
        querystring: schemas.thingQuery,
        response: { 200: schemas.thing },
      },
    },
    (request, reply) => {
      reply.send(thing(request.params.id, request.query.x));
    },
  );
  app.post(
    "/orders",
    { schema: { body: schemas.order, response: { 201: schemas.order } } },
    (request, reply) => {
      reply.code(201).send(request.body);
    },
  );
  // No schema: for a list of this length Fastify's serializer takes up to 1.5 times as long as JSON.stringify.
  app.get("/large", (_request, reply) => {
    reply.send(large());
  });
}

module.exports = { addRoutes };
