// Where each feature is mounted, and behind which middleware: plain Express, in its order.
import type { Server } from "node:http";
import type { Express } from "express";
import { apiDocs } from "berth/api";
import { about } from "berth/http";
import { rateLimit } from "berth/limits";
import { createNotesRouter } from "./features/notes/router";
import type { Services } from "./services";

/** Mounts the features, one line each. Put what all of them need first, such as `cors()` or a session. */
export function mountRoutes(app: Express, services: Services): void {
  // begin: limits
  const { RATE_LIMIT_PER_MINUTE: perMinute } = services.config;
  const { name } = services.about;
  if (perMinute) app.use(rateLimit({ perMinute, redis: services.redis, name }));
  // end: limits
  app.get("/", about(services.about));
  // begin: docs
  const { name: title, version } = services.about;
  if (services.config.API_DOCS) app.use(apiDocs({ title, version }));
  // end: docs
  app.use("/notes", createNotesRouter(services)); // part: sample
}

/** Mounts WebSockets and other upgrades, such as `new WebSocketServer({ server, path: "/live" })`. */
export function mountUpgrades(_server: Server, _services: Services): void {}
