// The service under test, on Berth's life cycle: a fast, a slow, a streamed and an endless response, and an upload.
"use strict";

const { createServer } = require("node:http");
const { clearInterval, setInterval, setTimeout } = require("node:timers");
const { createHttpService } = require("berth/listener");
const { createLifecycle, createLogger, createStdout } = require("berth/process");

const SLOW_MS = 800;
const EVENT_INTERVAL_MS = 100;
const KEEP_ALIVE_MS = 95_000;

const stdout = createStdout();
const logger = createLogger("info", stdout);
const lifecycle = createLifecycle({
  process,
  logger,
  drainDelayMs: Number(process.env.DRAIN_DELAY_MS),
  shutdownTimeoutMs: Number(process.env.SHUTDOWN_TIMEOUT_MS),
});

/** Each route signals that its handler has started; the slow one, which has nothing to send yet, by 102 Processing. */
const routes = {
  "/fast": (res) => res.end("done"),
  "/memory": (res) => res.end(String(process.memoryUsage.rss())),
  "/upload": (res, req) => req.resume().on("end", () => res.end("done")),
  "/slow"(res) {
    res.writeProcessing();
    setTimeout(() => res.end("done"), SLOW_MS);
  },
  "/stream"(res) {
    res.write("begun\n");
    setTimeout(() => res.end("done"), SLOW_MS);
  },
  "/events"(res) {
    res.setHeader("Content-Type", "text/event-stream");
    res.write("data: begun\n\n");
    const timer = setInterval(() => res.write("data: tick\n\n"), EVENT_INTERVAL_MS);
    res.on("close", () => clearInterval(timer));
    lifecycle.draining.addEventListener("abort", () => res.end("data: done\n\n"));
  },
};

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
  logger.info({ requestId: req.headers["x-request-id"] }, "accepted");
  routes[req.url](res, req);
});
const target = { host: "::", port: Number(process.env.PORT) };

void lifecycle.run([createHttpService({ name: "subject", server, target })]).then((code) => {
  logger.info({ rssBytes: process.memoryUsage.rss() }, "drained");
  stdout.flush();
  process.exit(code);
});
