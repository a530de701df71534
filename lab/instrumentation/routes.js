"use strict";
// The routes of both services.
const { setTimeout } = require("node:timers");

const SLOW_MS = 200;

/** Its JSON says whose `res.json` serialized it: Express's or Berth's. */
const author = {
  toJSON: () => (/express.lib.response/.test(new Error().stack) ? "Express" : "Berth"),
};

/** @param takesShip Middleware that sets `req.body` to a request's JSON body. */
function mountRoutes(app, router, takesShip) {
  router.get("/:id", (req, res) => void res.json({ id: req.params.id, author }));
  router.post("/", takesShip, (req, res) => void res.status(201).json(req.body));
  app.use("/ships", router);
  app.get("/failing", () => {
    throw new Error("thrown on purpose");
  });
  app.get("/slow", (_req, res) => void setTimeout(() => res.json("slow"), SLOW_MS));
}

module.exports = { mountRoutes };
