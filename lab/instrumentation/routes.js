"use strict";
// The routes of both services that are tried with an agent.
const { setTimeout } = require("node:timers");

const SLOW_MS = 200;

/** The value says who has made its text: Express' `res.json`, or Berth in its place. */
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
