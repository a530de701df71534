// An Express app as Berth starts it: what makes it fast and exact is done here, and nowhere visible to handlers.
import express, { type Express } from "express";
import type { Logger } from "pino";
import { bendAsKnown } from "./bends";
import { setBodyLimit } from "./body-limit";
import { withoutPort } from "./forwarded-address";

/** What an app is told of its surroundings. */
export interface ExpressOptions {
  /** As Express' `trust proxy`: a number of hops, or addresses and ranges. */
  trustProxy: number | string[];
  /** The largest body where a handler has no limit of its own, in bytes. */
  bodyLimitBytes: number;
  /** Told once when this Express cannot be bent. */
  logger: Logger;
}

/** Creates an app with nothing in it yet; its routes are to be in place when the first request comes. */
export function createExpress({ trustProxy, bodyLimitBytes, logger }: ExpressOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustProxy);
  if (typeof trustProxy !== "number") recognizeProxiesWithPorts(app);
  setBodyLimit(app, bodyLimitBytes);
  bendAsKnown(app, logger);
  return app;
}

/** proxy-addr compares whole entries, and would take a trusted proxy that is written with its port for the client. */
function recognizeProxiesWithPorts(app: Express): void {
  const isTrusted = app.get("trust proxy fn") as (address: string, hop: number) => boolean;
  app.set("trust proxy", (entry: string, hop: number) => isTrusted(withoutPort(entry), hop));
}
