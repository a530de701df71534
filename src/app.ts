// The app factory: the whole middleware order on one screen. It reads no environment, does no I/O and never listens.
import type { Express } from "express";
import type { Logger } from "pino";
import type { BackingService } from "./chassis/backing/services";
import { createExpress } from "./chassis/express/app";
import { asOneLayer } from "./chassis/express/one-layer";
import { accessLog } from "./chassis/http/access-log";
import { defaultHeaders } from "./chassis/http/default-headers";
import { errorHandler } from "./chassis/http/error-handler";
import { livez, readyz } from "./chassis/http/health";
import { logContext } from "./chassis/http/log-context";
import { notFound } from "./chassis/http/not-found";
import { requestId } from "./chassis/http/request-id";
import { strictHead } from "./chassis/http/strict-head";
import type { Services } from "./services";

/** What the app is built from. */
export interface AppOptions {
  logger: Logger;
  /** The largest body where a handler has no limit of its own, in bytes. */
  bodyLimitBytes: number;
  /** As Express' `trust proxy`: a number of hops, or addresses and ranges. */
  trustProxy: number | string[];
  services: Services;
  /** What `/readyz` asks, by name. */
  attached: Readonly<Record<string, BackingService>>;
  /** Mounts the features. */
  mountRoutes: (app: Express, services: Services) => void;
}

/** Builds the app; calling it leaves nothing open. */
export function createApp(options: AppOptions): Express {
  const { logger, trustProxy, bodyLimitBytes, services, attached } = options;
  const app = createExpress({ trustProxy, bodyLimitBytes, logger });

  app.use(
    asOneLayer(requestId, logContext(logger), accessLog(logger), defaultHeaders(), strictHead),
  );
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining: services.draining, attached, logger }));
  options.mountRoutes(app, services);
  app.use(notFound(app.router));
  app.use(errorHandler(logger));

  return app;
}
