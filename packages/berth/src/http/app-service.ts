// An app as a port-bound service: its server, as patient as its variables say, and how it drains.
import type { IncomingMessage, Server } from "node:http";
import type { Express } from "express";
import type { Logger } from "pino";
import type { BindTarget } from "../port/bind";
import { createHttpService } from "../port/http-service";
import type { PortBoundService } from "../port/service";
import type { ConfigOf } from "../process/environment";
import type { httpVariables } from "../process/variables";
import { refusals } from "./refusals";
import { createHttpServer } from "./server";

/** What an app is served with. */
export interface AppServiceOptions {
  /** What the log calls it, such as `web`. */
  name: string;
  app: Express;
  config: Pick<
    ConfigOf<typeof httpVariables>,
    "REQUEST_TIMEOUT_MS" | "RESPONSE_TIMEOUT_MS" | "KEEP_ALIVE_TIMEOUT_MS"
  >;
  logger: Logger;
  target: BindTarget;
  /** Gets the server before it listens: the place of WebSockets; nothing by default. */
  mountUpgrades?: (server: Server) => void;
  /** Which requests are upgrades: handshakes of WebSockets by default. */
  isUpgrade?: (req: IncomingMessage) => boolean;
}

/** Makes a port-bound service of an app, which is not listening yet. */
export function createAppService(options: AppServiceOptions): PortBoundService {
  const { name, app, config, logger, target, mountUpgrades, isUpgrade } = options;
  const server = createHttpServer(app, {
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
  });
  mountUpgrades?.(server);
  return createHttpService({
    name,
    server,
    target,
    refuse: refusals(logger),
    isUpgrade,
    responseTimeoutMs: config.RESPONSE_TIMEOUT_MS,
  });
}
