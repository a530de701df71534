// Builds an unbound app around a test's own routes, and collects its log lines.
import type { Express, RequestHandler, Router } from "express";
import express from "express";
import type { Logger } from "pino";
import { createExpress } from "../express/app";
import { errorHandler } from "../http/error-handler";
import { everyRequest } from "../http/every-request";
import { notFound } from "../http/not-found";
import { livez, readyz } from "../http/service-routes";
import { createLogger } from "../process/logger";
import type { ReadinessCheck } from "../process/readiness";
import { recorder } from "./recorder";

/** One parsed log line. */
export type LogLine = Record<string, unknown>;

/** An app, and its log so far. */
export interface TestApp {
  app: Express;
  log: LogLine[];
}

/** What a test may override. */
export interface TestAppOptions {
  logger: Logger;
  bodyLimitBytes: number;
  trustProxy: number | string[];
  draining: AbortSignal;
  attached: Readonly<Record<string, ReadinessCheck>>;
  /** Middleware before the routes. */
  middleware: RequestHandler[];
}

/**
 * Creates a logger that collects its lines. Under `berth-dev/jest`, the failure of a test shows those of level `error` and
 * above.
 */
export function createTestLogger(): { logger: Logger; log: LogLine[] } {
  const log: LogLine[] = [];
  const write = (text: string): void => {
    const line = JSON.parse(text) as LogLine;
    log.push(line);
    recorder()?.logged(line);
  };
  return { logger: createLogger("info", { write }), log };
}

/** Builds an app around a test's routes, mounted at `/`; the middleware has the same order as in a service's `src/app.ts`. */
export function createTestApp(
  define: (router: Router) => void = () => undefined,
  options: Partial<TestAppOptions> = {},
): TestApp {
  const { logger, log } = createTestLogger();
  const { middleware = [], attached = {}, bodyLimitBytes = 1024, trustProxy = 0 } = options;
  const { logger: ownLogger = logger, draining = new AbortController().signal } = options;
  const router = express.Router();
  define(router);

  const app = createExpress({ trustProxy, bodyLimitBytes, logger: ownLogger });
  app.use(everyRequest(ownLogger));
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining, attached, logger: ownLogger }));
  for (const handler of middleware) app.use(handler);
  app.use("/", router);
  app.use(notFound(app.router));
  app.use(errorHandler(ownLogger));
  return { app, log };
}

/** The expected body of a problem response, for an assertion of the whole body. */
export const problem = (status: number, title: string, members: object = {}) => ({
  type: "about:blank",
  title,
  status,
  ...members,
  requestId: expect.any(String) as string,
});
