"use strict";
// The benchmark's ships as a Berth feature with described routes: list, read and create.
const { Router } = require("express");
const v = require("valibot");
const { describeRoute } = require("berth/api");
const { Problem, sendPage } = require("berth/http");
const { createShipStore } = require("./ship-store");
const { ship, shipInput, shipParams, shipsQuery } = require("./valibot-schemas");

function createShipsRouter(database) {
  const ships = createShipStore(database);
  const router = Router();

  router.get(
    "/",
    describeRoute({
      summary: "Lists ships, the newest first.",
      query: shipsQuery,
      responses: { 200: v.array(ship) },
    }),
    async (req, res) => {
      await sendPage(
        res,
        req.query,
        (page) => ships.list(page),
        ({ id }) => id,
      );
    },
  );

  router.get(
    "/:id",
    describeRoute({ summary: "Reads a ship.", params: shipParams, responses: { 200: ship } }),
    async (req, res) => {
      const found = await ships.find(req.params.id);
      if (!found) throw new Problem(404, "There is no such ship.");
      res.json(found);
    },
  );

  router.post(
    "/",
    describeRoute({ summary: "Creates a ship.", body: shipInput, responses: { 201: ship } }),
    async (req, res) => {
      const created = await ships.create(req.body);
      res.status(201).location(`${req.baseUrl}/${created.id}`).json(created);
    },
  );

  return router;
}

module.exports = { createShipsRouter };
