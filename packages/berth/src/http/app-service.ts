// Serves an app as a port-bound service: its HTTP server, with the configured timeouts, and how it drains.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Express } from "express";
import type { Logger } from "pino";
import { messageClasses } from "../express/messages";
import type { BindTarget } from "../port/bind";
import { createHttpService } from "../port/http-service";
import { requestTimeouts } from "../port/harden";
import type { PortBoundService } from "../port/service";
import type { ConfigOf } from "../process/environment";
import type { httpVariables } from "../process/variables";
import { refusals } from "./refusals";

/** How an app is served. */
export interface AppServiceOptions {
  /** Its name in the log, such as `web`. */
  name: string;
  app: Express;
  config: Pick<
    ConfigOf<typeof httpVariables>,
    "REQUEST_TIMEOUT_MS" | "RESPONSE_TIMEOUT_MS" | "KEEP_ALIVE_TIMEOUT_MS"
  >;
  logger: Logger;
  target: BindTarget;
  /** Receives the server before it listens, to attach WebSockets; does nothing by default. */
  mountUpgrades?: (server: Server) => void;
  /** Which requests are upgrades; WebSocket handshakes by default. */
  isUpgrade?: (req: IncomingMessage) => boolean;
}

/** Creates a port-bound service for an app; it does not listen yet. */
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

/** The timeouts of a server. */
export interface HttpServerOptions {
  /** How long a client may take to send a request, body included, in milliseconds. */
  requestTimeoutMs: number;
  /** How long an idle connection stays open, in milliseconds. */
  keepAliveTimeoutMs: number;
}

/** Creates the HTTP server of an app; it does not listen yet. */
export function createHttpServer(app: Express, options: HttpServerOptions): Server {
  return createServer(
    {
      ...messageClasses(app),
      ...requestTimeouts(options.requestTimeoutMs),
      keepAliveTimeout: options.keepAliveTimeoutMs,
      // strictHead refuses such requests, with problem details.
      requireHostHeader: false,
    },
    app,
  );
}
