"use strict";
// The benchmark's routes in Express; each app passes its own validation.
const { Router } = require("express");
const { large, small, thing } = require("./response-bodies");
const { fillerFeatures } = require("./filler-routes");

/**
 * Mounts the routes; the measured ones come last.
 * @param input `{ parseQuery, parseBody, Problem }`, each as in berth/http, and `schemas` for them.
 */
function mountRoutes(app, env, input) {
  for (const feature of fillerFeatures(env)) app.use(feature.mount, fillerRouter(feature));
  app.use(
    "/json",
    Router().get("/", (_req, res) => res.json(small())),
  );
  app.use("/things", thingsRouter(input));
  app.use("/orders", ordersRouter(input));
  app.use(
    "/large",
    Router().get("/", (_req, res) => res.json(large())),
  );
}

function fillerRouter({ routes }) {
  const router = Router();
  for (const [method, path] of routes) router[method](path, (_req, res) => res.json({ path }));
  return router;
}

/** Whether the text is a valid id of a thing. */
const isThingId = (id) => /^[1-9]\d{0,18}$/.test(id);

function thingsRouter({ parseQuery, Problem, schemas }) {
  const router = Router();
  router.get("/:id", (req, res) => {
    if (!isThingId(req.params.id)) throw new Problem(404, "There is no such thing.");
    const { x } = parseQuery(schemas.thingQuery, req);
    res.json(thing(req.params.id, x));
  });
  return router;
}

function ordersRouter({ parseBody, schemas }) {
  const router = Router();
  router.post("/", async (req, res) => {
    res.status(201).json(await parseBody(schemas.order, req));
  });
  return router;
}

module.exports = { mountRoutes };
