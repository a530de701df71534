"use strict";
// An observed service for tests.
const { performance } = require("node:perf_hooks");
require("berth/early");
const { httpVariables } = require("berth/config");
const { createAppService } = require("berth/http");
const { serve } = require("berth/process");
const { createTestApp } = require("berth/testing");
const { mountMetrics, observeProcess } = require("berth-telemetry");
const { telemetryVariables } = require("berth-telemetry/config");

observeProcess();
void serve(
  { ...httpVariables, ...telemetryVariables },
  ({ config, logger, target, draining, run }) => {
    const { app } = createTestApp(
      (router) => {
        mountMetrics(router);
        router.get("/boats/:id", (req, res) =>
          res.json({ trace: req.headers.traceparent ?? null, pid: process.pid }),
        );
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
