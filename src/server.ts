// The web process: attaches its backing services, binds PORT and serves until it is told to stop.
import { parentShell } from "./port/early";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createApp } from "./app";
import { createDatabase } from "./backing/postgres";
import { enter } from "./entry";
import type { About } from "./http/about";
import { messageClasses } from "./http/messages";
import { refusals } from "./http/refusals";
import type { BindTarget } from "./port/bind";
import { createHttpService } from "./port/http-service";
import { createLifecycle } from "./port/lifecycle";
import { parentGone } from "./port/parent-shell";
import { requestTimeouts } from "./port/request-timeouts";
import { readPassedSocket } from "./port/socket-activation";

void enter((config, logger) => {
  const lifecycle = createLifecycle({
    process,
    logger,
    orphaned: parentGone(process, parentShell),
    drainDelayMs: config.DRAIN_DELAY_MS,
    shutdownTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });

  const about = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")) as About;
  const database = createDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    connectTimeoutMs: config.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    applicationName: about.name,
    logger,
  });

  const app = createApp({
    about,
    logger,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    trustProxy: config.TRUST_PROXY,
    checks: { database: database.ping },
    services: { database, draining: lifecycle.draining },
  });

  const passedSocket = readPassedSocket(process.env, process.pid);
  const target: BindTarget =
    passedSocket === undefined
      ? { host: config.HOST, port: config.PORT, reusePort: config.REUSE_PORT }
      : { fd: passedSocket };
  const keepAliveTimeout = config.KEEP_ALIVE_TIMEOUT_MS;
  const server = createServer(
    {
      ...messageClasses(app),
      ...requestTimeouts(config.REQUEST_TIMEOUT_MS),
      keepAliveTimeout,
      // The app refuses such requests itself, with problem details.
      requireHostHeader: false,
    },
    app,
  );

  const web = createHttpService({
    name: "web",
    server,
    target,
    refuse: refusals(logger),
    responseTimeoutMs: config.RESPONSE_TIMEOUT_MS,
  });
  return lifecycle.run([web], [database]);
});
