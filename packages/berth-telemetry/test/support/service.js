"use strict";
// An observed service for tests.
const { performance } = require("node:perf_hooks");
require("berth/early");
const { httpVariables } = require("berth/config");
const { createAppService } = require("berth/http");
const { serve } = require("berth/process");
const { createTestApp } = require("berth/testing");
const { mountDebug, mountMetrics, observeProcess } = require("berth-telemetry");
const { telemetryVariables } = require("berth-telemetry/config");

/** What a heap snapshot has to show. */
class Barnacle {
  constructor(number) {
    this.name = `barnacle ${number}`;
  }
}
const barnacles = [];

/** What a CPU profile has to show. */
function spinHotly(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

let release;

observeProcess();
void serve(
  { ...httpVariables, ...telemetryVariables },
  ({ config, logger, target, draining, run }) => {
    const { app } = createTestApp(
      (router) => {
        mountMetrics(router);
        mountDebug(router);
        router.get("/boats/:id", (req, res) =>
          res.json({ trace: req.headers.traceparent ?? null, pid: process.pid }),
        );
        router.get("/fill/:count", (req, res) => {
          while (barnacles.length < Number(req.params.count))
            barnacles.push(new Barnacle(barnacles.length));
          res.end();
        });
        router.get("/spin/:ms", (req, res) => {
          spinHotly(Number(req.params.ms));
          res.end();
        });
        // Takes longer than whatever is asked for until it is released.
        router.get("/hold/:id", (_req, res) => (release = () => res.end()));
        router.get("/release", (_req, res) => {
          release();
          res.end();
        });
        // Its event loop is blocked until the test kills it, or the time is over.
        router.get("/block/:ms", (req, res) => {
          const end = performance.now() + Number(req.params.ms);
          res.flushHeaders();
          setImmediate(() => {
            while (performance.now() < end);
            res.end();
          });
        });
      },
      { logger, draining },
    );
    return run([createAppService({ name: "web", app, config, logger, target })], {});
  },
);
