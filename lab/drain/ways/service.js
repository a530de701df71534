// The service under test: quick and slow responses, a WebSocket and an endless stream; requests are recorded in a journal.
"use strict";

const { openSync, writeSync } = require("node:fs");
const { finished } = require("node:stream/promises");
const { clearInterval, setInterval } = require("node:timers");
const { setTimeout: sleep } = require("node:timers/promises");
const { WebSocketServer } = require("ws");
require("berth/early");
const { httpVariables } = require("berth/config");
const {
  createAppService,
  createExpress,
  errorHandler,
  livez,
  notFound,
  readyz,
  requestId,
} = require("berth/http");
const { serve } = require("berth/process");

const SLOW_MS = 800;
const EVENT_INTERVAL_MS = 100;

/** Written synchronously, so that a killed process loses no entry. */
const journal = openSync(process.env.DRAIN_JOURNAL, "a");
const note = (what, id = "") => writeSync(journal, `${what} ${process.pid} ${id}\n`);

const respondAfter = (ms) => async (req, res) => {
  const { id } = req.query;
  note("begun", id);
  res.on("finish", () => note("done", id));
  await finished(req.resume());
  if (ms > 0) await sleep(ms);
  res.send("done");
};

const events = (draining) => (_req, res) => {
  const timer = setInterval(() => res.write("data: tick\n\n"), EVENT_INTERVAL_MS);
  const end = () => res.end("data: done\n\n");
  draining.addEventListener("abort", end);
  res.on("close", () => {
    clearInterval(timer);
    draining.removeEventListener("abort", end);
  });
  res.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-store" }).flushHeaders();
  if (draining.aborted) end();
};

function createApp(config, logger, draining) {
  const app = createExpress({
    trustProxy: config.TRUST_PROXY,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });
  app.use(requestId);
  app.get("/livez", livez);
  app.get("/readyz", readyz({ draining, attached: {}, logger }));
  app.route("/quick").get(respondAfter(0)).post(respondAfter(0));
  app.route("/slow").get(respondAfter(SLOW_MS)).post(respondAfter(SLOW_MS));
  app.get("/events", events(draining));
  app.use(notFound(app.router));
  app.use(errorHandler(logger));
  return app;
}

function mountUpgrades(server) {
  server.on("listening", () => note("up"));
  new WebSocketServer({ server, path: "/live" }).on("connection", (socket) =>
    socket.on("message", (message) => socket.send(message)),
  );
}

void serve(httpVariables, ({ config, logger, target, draining, run }) => {
  const app = createApp(config, logger, draining);
  return run([createAppService({ name: "web", app, config, logger, target, mountUpgrades })]);
});
