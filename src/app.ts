// The app factory: the whole middleware order on one screen. It reads no environment, does no I/O and never listens.
import type { Express } from "express";
import type { Logger } from "pino";
import type { BackingService } from "./chassis/backing/services";
import { setUnfitAnswers } from "./chassis/api/answers";
import { createExpress } from "./chassis/express/app";
import { asOneLayer } from "./chassis/express/one-layer";
import { accessLog } from "./chassis/http/access-log";
import { refuseLate } from "./chassis/http/deadline";
import { defaultHeaders } from "./chassis/http/default-headers";
import { errorHandler } from "./chassis/http/error-handler";
import { livez, readyz } from "./chassis/http/health";
import { logContext } from "./chassis/http/log-context";
import { notFound } from "./chassis/http/not-found";
import { requestId } from "./chassis/http/request-id";
import { strictHead } from "./chassis/http/strict-head";
import type { ConfigOf } from "./chassis/process/environment";
import type { httpVariables } from "./chassis/process/variables";

/** What an app is built from. */
export interface AppOptions {
  config: Pick<
    ConfigOf<typeof httpVariables>,
    "BODY_LIMIT_BYTES" | "TRUST_PROXY" | "REFUSE_UNFIT_ANSWERS"
  >;
  logger: Logger;
  /** Aborted when the process is about to end. */
  draining: AbortSignal;
  /** What `/readyz` asks, by name. */
  attached: Readonly<Record<string, BackingService>>;
  /** Mounts the features. */
  mountRoutes: (app: Express) => void;
}

/** Builds the app of a process; calling it leaves nothing open. */
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
  setUnfitAnswers(app, { areRefused: config.REFUSE_UNFIT_ANSWERS, logger });

  app.use(
    asOneLayer(
      requestId,
      logContext(logger),
      accessLog(logger),
      defaultHeaders(),
      strictHead,
      refuseLate,
    ),
  );
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining, attached, logger }));
  mountRoutes(app);
  app.use(notFound(app.router));
  app.use(errorHandler(logger));

  return app;
}
