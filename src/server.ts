// The web process: attaches its backing services, binds PORT and serves until it is told to stop.
import "berth/early";
import { createAppService } from "berth/http";
import { readAbout, serve } from "berth/process";
import { observeProcess } from "berth-telemetry";
import { createApp } from "./app";
import { webVariables } from "./config";
import { mountRoutes, mountUpgrades } from "./routes";
import { createServices } from "./services";

observeProcess(); // part: telemetry
void serve(webVariables, ({ config, logger, target, draining, run }) => {
  const about = readAbout(__dirname);
  const { attached, services } = createServices({ config, logger, about, draining });

  const app = createApp({
    config,
    logger,
    draining,
    attached,
    mountRoutes: (to) => mountRoutes(to, services),
  });
  const web = createAppService({
    name: "web",
    app,
    config,
    logger,
    target,
    mountUpgrades: (server) => mountUpgrades(server, services),
  });
  return run([web], attached);
});
