"use strict";
// The benchmark's routes with descriptions, the OpenAPI document, and tokens added one by one.
const { Router } = require("express");
const v = require("valibot");
const { apiDocs, describeRoute, requireToken } = require("berth/api");
const { id, object } = require("berth/schema");
const { thing } = require("./response-bodies");
const { order, thingQuery } = require("./valibot-schemas");

/** Mounts the parts named in `BENCH_API`, before the plain routes with the same paths. */
function mountApi(app, env, logger) {
  const parts = (env.BENCH_API ?? "").split(",");
  if (parts.includes("documented")) app.use(apiDocs({ title: "bench", version: "1" }));
  if (parts.includes("token")) app.use(["/things", "/orders"], tokenRequired(env, logger));
  if (!parts.includes("described")) return;
  app.use("/things", thingsRouter());
  app.use("/orders", ordersRouter());
}

function tokenRequired(env, logger) {
  const { createTokens } = require("berth/tokens");
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = env;
  return requireToken(createTokens({ jwksUrl, issuer, audience, logger }), { scope: "bench" });
}

function thingsRouter() {
  const responses = { 200: v.object({ id: v.string() }) };
  return Router().get(
    "/:id",
    describeRoute({
      summary: "Reads a thing.",
      params: object({ id }),
      query: thingQuery,
      responses,
    }),
    (req, res) => res.json(thing(req.params.id, req.query.x)),
  );
}

function ordersRouter() {
  return Router().post(
    "/",
    describeRoute({ summary: "Takes an order.", body: order, responses: { 201: order } }),
    (req, res) => res.status(201).json(req.body),
  );
}

module.exports = { mountApi };
