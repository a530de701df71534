// The calling service, on Berth: the experiments observe its calls.
"use strict";

const dns = require("node:dns");
const { readdirSync, readlinkSync } = require("node:fs");
const { request } = require("undici");
const v = require("valibot");
require("berth/early");
const { createServiceClient } = require("berth/client");
const { httpVariables } = require("berth/config");
const {
  createAppService,
  createExpress,
  errorHandler,
  livez,
  logContext,
  notFound,
  refuseLate,
  requestId,
  strictHead,
} = require("berth/http");
const { serve } = require("berth/process");

const { STOCK_URL, OTHER_URL = STOCK_URL, STOCK_ADDRESSES = "" } = process.env;

/** Resolves names without a name server: `stock.test` has the given addresses, other names in `.test` do not exist. */
const { lookup } = dns;
dns.lookup = (hostname, options, callback) => {
  if (!hostname.endsWith(".test")) return lookup(hostname, options, callback);
  const found = STOCK_ADDRESSES.split(",").map((address) => ({ address, family: 4 }));
  if (hostname === "stock.test") return void setImmediate(callback, null, found);
  const err = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  setImmediate(callback, Object.assign(err, { code: "ENOTFOUND", syscall: "getaddrinfo" }));
};

/** All sockets, including idle ones, which Node does not list (Linux only). */
function openSockets() {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "that of the listing";
    }
  });
  return links.filter((link) => link.startsWith("socket:")).length;
}

const thing = v.object({ name: v.string() });

function createApp(config, logger, { stock, other }) {
  const app = createExpress({
    trustProxy: config.TRUST_PROXY,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    logger,
  });
  app.use(requestId, logContext(logger), strictHead, refuseLate);
  app.get("/livez", livez);

  const askOf = (service) => async (req, res) => {
    const { method, query } = req;
    const body = method === "POST" ? { body: { name: "Ada" } } : {};
    res.json(await service.call({ method, path: "/thing", query, ...body, response: thing }));
  };
  app.route("/ask").get(askOf(stock)).post(askOf(stock));
  app.get("/other", askOf(other));
  app.get("/quiet", (_req, res) => res.json({ name: "Ada" }));

  // The upstream is the service of the drain experiments.
  const pass = async ({ method, query }, res) => {
    await stock.call({ method, path: "/quick", query });
    res.json({});
  };
  app.route("/pass").get(pass).post(pass);
  app.get("/bare", async ({ query }, res) => {
    const { statusCode, body } = await request(`${STOCK_URL}/quick?id=${query.id}`);
    res.status(statusCode).json({ body: await body.text() });
  });

  app.get("/usage", (_req, res) => {
    globalThis.gc();
    const { heapUsed, rss } = process.memoryUsage();
    res.json({ heapUsed, rss, sockets: openSockets() });
  });
  app.use(notFound(app.router));
  app.use(errorHandler(logger));
  return app;
}

void serve(httpVariables, ({ config, logger, target, run }) => {
  const stock = createServiceClient({ name: "stock", url: STOCK_URL, logger });
  const other = createServiceClient({ name: "other", url: OTHER_URL, logger });
  const app = createApp(config, logger, { stock, other });
  return run([createAppService({ name: "web", app, config, logger, target })], { stock, other });
});
