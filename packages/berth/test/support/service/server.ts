// The web process of this package's tests, structured like a service's `src/server.ts`, with routes of its own.
import "berth/early";
import { finished } from "node:stream/promises";
import type { Router } from "express";
import { attachServices } from "berth/backing";
import { attachDatabase, type Database } from "berth/postgres";
import { httpVariables, postgresVariables } from "berth/config";
import { apiDocs } from "berth/api";
import { about, createAppService } from "berth/http";
import { log } from "berth/log";
import { serve } from "berth/process";
import { createTestApp } from "berth/testing";

const variables = { ...httpVariables, ...postgresVariables };

const defineRoutes = (database: Database) => (router: Router) => {
  router.get("/", about({ name: "test", version: "1.2.3" }));
  router.use(apiDocs({ title: "test", version: "1.2.3" }));
  // In flight until its body is complete; then 404.
  router.post("/held", async (req, _res, next) => {
    await finished(req.resume());
    next();
  });
  // In a transaction until its body is complete.
  router.post("/boats", async (req, res) => {
    await database.transaction(async (tx) => {
      await tx.query("UPDATE boats SET name = 'renamed'");
      log.info("in a transaction");
      await finished(req.resume());
    });
    res.status(204).end();
  });
};

void serve(variables, ({ config, logger, target, draining, run }) => {
  const { attached, services } = attachServices(
    { database: attachDatabase },
    { config, logger, name: "test" },
  );
  const { app } = createTestApp(defineRoutes(services.database), {
    logger,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    trustProxy: config.TRUST_PROXY,
    draining,
    attached,
  });
  return run([createAppService({ name: "web", app, config, logger, target })], attached);
});
