// The HTTP server that an app is served by.
import { createServer, type Server } from "node:http";
import type { Express } from "express";
import { messageClasses } from "../express/messages";
import { requestTimeouts } from "../port/request-timeouts";

/** How patient the server is. */
export interface HttpServerOptions {
  /** How long a client may take to send a request, body included, in milliseconds. */
  requestTimeoutMs: number;
  /** How long an idle connection stays open, in milliseconds. */
  keepAliveTimeoutMs: number;
}

/** Creates the server of an app, which is not listening yet. */
export function createHttpServer(app: Express, options: HttpServerOptions): Server {
  return createServer(
    {
      ...messageClasses(app),
      ...requestTimeouts(options.requestTimeoutMs),
      keepAliveTimeout: options.keepAliveTimeoutMs,
      // The app refuses such requests itself, with problem details.
      requireHostHeader: false,
    },
    app,
  );
}
