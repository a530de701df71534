// An Express app as Berth starts and ends it: what makes it fast and exact is done here, and nowhere visible to handlers.
import express, { type Express } from "express";
import { setBodyLimit } from "./body-limit";
import { entityTag } from "./entity-tag";
import { compareLiteralsFirst } from "./literal-paths";
import { pinPrototypes } from "./messages";
import { takeAbsoluteTargets } from "./request-target";
import { rejectThrownValues } from "./thrown-values";

/** What an app is told of its surroundings. */
export interface ExpressOptions {
  /** As Express' `trust proxy`: a number of hops, or addresses and ranges. */
  trustProxy: number | string[];
  /** The largest body where a handler has no limit of its own, in bytes. */
  bodyLimitBytes: number;
}

/** Creates an app with nothing in it yet. */
export function createExpress({ trustProxy, bodyLimitBytes }: ExpressOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustProxy);
  app.set("etag", entityTag);
  setBodyLimit(app, bodyLimitBytes);
  pinPrototypes(app);
  takeAbsoluteTargets(app);
  return app;
}

/** Makes the routes fast and their errors safe; to be called once all of them are in place. */
export function sealRoutes(app: Express): Express {
  rejectThrownValues(app.router);
  compareLiteralsFirst(app.router);
  return app;
}
