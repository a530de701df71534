// Creates an Express app with Berth's settings and patches, which handlers do not notice.
import express, { type Express } from "express";
import type { Logger } from "pino";
import { withoutPort } from "../request/client-address";
import { setBodyLimit } from "./body-limit";
import { applyPatches } from "./patches";

/** What an app needs to know about its surroundings. */
export interface ExpressOptions {
  /** As Express' `trust proxy`: a number of hops, or addresses and ranges. */
  trustProxy: number | string[];
  /** The largest body for handlers that set no limit of their own, in bytes. */
  bodyLimitBytes: number;
  /** Receives one warning if this version of Express is not supported. */
  logger: Logger;
}

/** Creates an app without routes. All routes must be added before the first request arrives. */
export function createExpress({ trustProxy, bodyLimitBytes, logger }: ExpressOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustProxy);
  if (typeof trustProxy !== "number") recognizeProxiesWithPorts(app);
  setBodyLimit(app, bodyLimitBytes);
  applyPatches(app, logger);
  return app;
}

/** proxy-addr compares whole entries: it would take a trusted proxy whose entry includes a port for the client. */
function recognizeProxiesWithPorts(app: Express): void {
  const isTrusted = app.get("trust proxy fn") as (address: string, hop: number) => boolean;
  app.set("trust proxy", (entry: string, hop: number) => isTrusted(withoutPort(entry), hop));
}
