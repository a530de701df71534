// Creates an Express app with Berth's settings and patches; handlers see an ordinary app.
import express, { type Express, type Request } from "express";
import type { Logger } from "pino";
import { withoutPort } from "../request/client-address";
import { applyPatches } from "./patches";

/** The settings of an app. */
export interface ExpressOptions {
  /** As Express' `trust proxy`: a number of hops, or addresses and ranges. */
  trustProxy: number | string[];
  /** The largest body for handlers that set no limit of their own, in bytes. */
  bodyLimitBytes: number;
  /** Receives one warning if this version of Express is not supported. */
  logger: Logger;
}

/** An app setting, in bytes: mounted apps inherit settings. */
const BODY_LIMIT = "body limit bytes";

/** Creates an app without routes. All routes must be added before the first request arrives. */
export function createExpress({ trustProxy, bodyLimitBytes, logger }: ExpressOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustProxy);
  if (typeof trustProxy !== "number") recognizeProxiesWithPorts(app);
  app.set(BODY_LIMIT, bodyLimitBytes);
  applyPatches(app, logger);
  return app;
}

/** proxy-addr compares whole entries: it would take a trusted proxy whose entry includes a port for the client. */
function recognizeProxiesWithPorts(app: Express): void {
  const isTrusted = app.get("trust proxy fn") as (address: string, hop: number) => boolean;
  app.set("trust proxy", (entry: string, hop: number) => isTrusted(withoutPort(entry), hop));
}

/**
 * The default limit for a request's body, in bytes.
 * @throws Error when the app has none. An app mounted in a router inherits no settings from Express.
 */
export function bodyLimit({ app }: Request): number {
  const limitBytes: unknown = app.get(BODY_LIMIT);
  if (typeof limitBytes === "number") return limitBytes;
  throw new Error("This app has no body limit: mount it with app.use, or pass limitBytes.");
}
