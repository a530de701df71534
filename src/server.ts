// The web process: attaches its backing services, binds PORT and serves until it is told to stop.
import "./chassis/process/early";
import { createApp } from "./app";
import { attachServices } from "./chassis/backing/services";
import { createAppService } from "./chassis/http/app-service";
import { readAbout } from "./chassis/process/about";
import { serve } from "./chassis/process/serve";
import { webVariables } from "./config";
import { mountRoutes, mountUpgrades } from "./routes";
import { backingServices, type Services } from "./services";

void serve(webVariables, ({ config, logger, target, draining, run }) => {
  const about = readAbout(__dirname);
  const { attached, services: backing } = attachServices(backingServices, {
    config,
    logger,
    name: about.name,
  });
  const services: Services = { ...backing, config, about, draining };

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
