// The feed process: attaches the notes of another process, binds PORT and serves until it is told to stop.
import "berth/early";
import { apiDocs } from "berth/api";
import { attachServices } from "berth/backing";
import { createAppService } from "berth/http";
import { readAbout, serve } from "berth/process";
import { observeProcess } from "berth-telemetry";
import { createApp } from "./app";
import { feedVariables } from "./config";
import { attachNotes } from "./features/feed/notes";
import { createFeedRouter } from "./features/feed/router";

observeProcess(); // part: telemetry
void serve(feedVariables, ({ config, logger, target, draining, run }) => {
  const about = readAbout(__dirname);
  // Not in services.ts, so that web does not load what only this process attaches.
  const { attached, services } = attachServices(
    { notes: attachNotes },
    { config, logger, name: about.name },
  );
  const app = createApp({
    config,
    logger,
    draining,
    attached,
    mountRoutes: (to) => {
      // begin: docs
      if (config.API_DOCS) to.use(apiDocs({ title: `${about.name} feed`, version: about.version }));
      // end: docs
      to.use(createFeedRouter({ ...services, about }));
    },
  });
  return run([createAppService({ name: "feed", app, config, logger, target })], attached);
});
