// The app factory: the whole middleware order on one screen. It reads no environment, does no I/O and never listens.
import express, { type Express } from "express";
import type { Logger } from "pino";
import { about, type About } from "./http/about";
import { accessLog } from "./http/access-log";
import { defaultHeaders } from "./http/default-headers";
import { entityTag } from "./http/entity-tag";
import { errorHandler } from "./http/error-handler";
import { livez, type ReadinessCheck, readyz } from "./http/health";
import { jsonBody } from "./http/json-body";
import { asOneLayer } from "./http/layers";
import { compareLiteralsFirst } from "./http/literal-paths";
import { pinPrototypes } from "./http/messages";
import { notFound } from "./http/not-found";
import { requestId } from "./http/request-id";
import { takeAbsoluteTargets } from "./http/request-target";
import { strictHead } from "./http/strict-head";
import { rejectThrownValues } from "./http/thrown-values";
import { routes as allRoutes, type Routes, type Services } from "./routes";

/** What the app is built from. */
export interface AppOptions {
  about: About;
  logger: Logger;
  bodyLimitBytes: number;
  /** As Express' `trust proxy`: a number of hops, or addresses and ranges. */
  trustProxy: number | string[];
  /** What `/readyz` checks, by name. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  services: Services;
  routes?: Routes;
}

/** Builds the app; calling it leaves nothing open. */
export function createApp(options: AppOptions): Express {
  const { logger, services, routes = allRoutes } = options;
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", options.trustProxy);
  app.set("etag", entityTag);
  pinPrototypes(app);
  takeAbsoluteTargets(app);

  app.use(asOneLayer(requestId, accessLog(logger), defaultHeaders(), strictHead));
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining: services.draining, checks: options.checks, logger }));
  app.use(jsonBody(options.bodyLimitBytes));
  app.get("/", about(options.about, ["/livez", "/readyz", ...Object.keys(routes)]));
  for (const [path, createRouter] of Object.entries(routes)) app.use(path, createRouter(services));
  app.use(notFound(app.router));
  app.use(errorHandler(logger));

  rejectThrownValues(app.router);
  compareLiteralsFirst(app.router);
  return app;
}
