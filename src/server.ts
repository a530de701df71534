// The web process: attaches its backing services, binds PORT and serves until it is told to stop.
import { parentShell } from "./chassis/process/early";
import { createApp } from "./app";
import { attachServices } from "./chassis/backing/services";
import { refusals } from "./chassis/http/refusals";
import { createHttpServer } from "./chassis/http/server";
import { createHttpService } from "./chassis/port/http-service";
import { readBindTarget } from "./chassis/port/socket-activation";
import { readAbout } from "./chassis/process/about";
import { enter } from "./chassis/process/entry";
import { createLifecycle } from "./chassis/process/lifecycle";
import { parentGone } from "./chassis/process/parent-shell";
import { webVariables } from "./config";
import { mountRoutes, mountUpgrades } from "./routes";
import { backingServices, type Services } from "./services";

void enter(webVariables, (config, logger) => {
  const lifecycle = createLifecycle({
    process,
    logger,
    orphaned: parentGone(process, parentShell),
    drainDelayMs: config.DRAIN_DELAY_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });

  const about = readAbout(__dirname);
  const attachment = attachServices(backingServices, { config, logger, name: about.name });
  const services: Services = {
    ...attachment.services,
    config,
    about,
    draining: lifecycle.draining,
  };

  const app = createApp({
    logger,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    trustProxy: config.TRUST_PROXY,
    services,
    attached: attachment.attached,
    mountRoutes,
  });
  const server = createHttpServer(app, {
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
  });
  mountUpgrades(server, services);

  const web = createHttpService({
    name: "web",
    server,
    target: readBindTarget(config, process.env, process.pid),
    refuse: refusals(logger),
    responseTimeoutMs: config.RESPONSE_TIMEOUT_MS,
  });
  return lifecycle.run([web], attachment.attached);
});
