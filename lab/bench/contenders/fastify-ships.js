"use strict";
// The benchmark's ships in Fastify: list, read and create.

const shipInput = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 200 },
    cargo: { type: "string", maxLength: 10_000 },
  },
  required: ["name", "cargo"],
  additionalProperties: false,
};

const date = { type: "string", format: "date-time" };
const ship = {
  type: "object",
  properties: {
    id: { type: "string" },
    name: { type: "string" },
    cargo: { type: "string" },
    createdAt: date,
    updatedAt: date,
  },
};

const shipsQuery = {
  type: "object",
  properties: {
    limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
    cursor: { type: "string", pattern: "^[1-9]\\d{0,18}$" },
  },
  additionalProperties: false,
};

const shipParams = {
  type: "object",
  properties: { id: { type: "string", pattern: "^[1-9]\\d{0,18}$" } },
};

/** Adds the routes. */
function addShipsRoutes(app, databaseUrl) {
  // Required here, so that other workloads do not pay for loading it.
  const { createShipStore, openDatabase } = require("./ship-store");
  const ships = createShipStore(openDatabase(databaseUrl));

  app.get(
    "/ships",
    { schema: { querystring: shipsQuery, response: { 200: { type: "array", items: ship } } } },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const found = await ships.list({ limit: limit + 1, cursor });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      if (last && found.length > limit) {
        reply.header("Link", `<?limit=${limit}&cursor=${last.id}>; rel="next"`);
      }
      return page;
    },
  );

  app.get(
    "/ships/:id",
    { schema: { params: shipParams, response: { 200: ship } } },
    async (request) => {
      const found = await ships.find(request.params.id);
      if (!found) throw Object.assign(new Error("There is no such ship."), { status: 404 });
      return found;
    },
  );

  app.post(
    "/ships",
    { schema: { body: shipInput, response: { 201: ship } } },
    async (request, reply) => {
      const created = await ships.create(request.body);
      reply.code(201).header("Location", `/ships/${created.id}`);
      return created;
    },
  );
}

module.exports = { addShipsRoutes };
