// The app factory: all middleware, in order, on one screen. It reads no environment, does no I/O and never listens.
import type { Express } from "express";
import type { Logger } from "pino";
import type { BackingService } from "berth/backing";
import { setResponseChecks } from "berth/api";
import { createExpress, errorHandler, everyRequest, livez, notFound, readyz } from "berth/http";
import type { ConfigOf, httpVariables } from "berth/config";
import { mountDebug, mountMetrics } from "berth-telemetry";

/** The app's dependencies. */
export interface AppOptions {
  config: Pick<
    ConfigOf<typeof httpVariables>,
    "BODY_LIMIT_BYTES" | "TRUST_PROXY" | "REFUSE_MISMATCHED_RESPONSES"
  >;
  logger: Logger;
  /** Aborted when the process starts to drain. */
  draining: AbortSignal;
  /** The backing services that `/readyz` checks, by name. */
  attached: Readonly<Record<string, BackingService>>;
  /** Mounts the features. */
  mountRoutes: (app: Express) => void;
}

/** Builds the app. It opens nothing that would have to be closed. */
export function createApp({
  config,
  logger,
  draining,
  attached,
  mountRoutes,
}: AppOptions): Express {
  const app = createExpress({
    trustProxy: config.TRUST_PROXY,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });
  setResponseChecks(app, { areMismatchesRefused: config.REFUSE_MISMATCHED_RESPONSES, logger });

  app.use(everyRequest(logger));
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining, attached, logger }));
  mountMetrics(app); // part: telemetry
  mountDebug(app); // part: telemetry
  mountRoutes(app);
  app.use(notFound(app.router));
  app.use(errorHandler(logger));

  return app;
}
