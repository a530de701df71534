"use strict";
// The benchmark's ships as a feature of Berth's serves them: list, read and create.
const { Router } = require("express");
const { Problem } = require("../../../../dist/chassis/http/problem");
const { parseBody } = require("../../../../dist/chassis/http/body");
const { parseQuery } = require("../../../../dist/chassis/http/validate");
const { createShipStore } = require("./ship-store");
const { isShipId, shipInput, shipsQuery } = require("./valibot-schemas");

function createShipsRouter(database) {
  const ships = createShipStore(database);
  const router = Router();

  router.param("id", (_req, _res, next, id) => next(isShipId(id) ? undefined : noSuchShip()));

  router.get("/", async (req, res) => {
    const { limit, cursor } = parseQuery(shipsQuery, req);
    const found = await ships.list({ limit: limit + 1, cursor });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (last && found.length > limit) {
      res.links({ next: `${req.baseUrl}?limit=${limit}&cursor=${last.id}` });
    }
    res.json(page);
  });

  router.get("/:id", async (req, res) => {
    const found = await ships.find(req.params.id);
    if (!found) throw noSuchShip();
    res.json(found);
  });

  router.post("/", async (req, res) => {
    const created = await ships.create(await parseBody(shipInput, req));
    res.status(201).location(`${req.baseUrl}/${created.id}`).json(created);
  });

  return router;
}

const noSuchShip = () => new Problem(404, "There is no such ship.");

module.exports = { createShipsRouter };
