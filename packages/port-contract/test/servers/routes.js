// The routes of the test server: health, a slow one, one that creates a resource, and one that calls an upstream.
"use strict";

const process = require("node:process");
const { Buffer } = require("node:buffer");
const { text } = require("node:stream/consumers");
const { setTimeout: pause } = require("node:timers/promises");

const slowMs = 2000;

const routes = {
  "GET /": (req, res) => send(res, 200, { client: req.socket.remoteAddress }),
  "GET /livez": (_req, res) => send(res, 200, "alive"),
  "GET /readyz": (_req, res, { draining }) => send(res, draining ? 503 : 200, "ready"),
  async "GET /slow"(_req, res) {
    await pause(slowMs);
    send(res, 200, "slept");
  },
  // The id encodes the content, so that every instance can find it without shared state.
  async "POST /things"(req, res) {
    res.setHeader("Location", `./things/${Buffer.from(await text(req)).toString("base64url")}`);
    send(res, 201, "made");
  },
  "GET /things": (_req, res) => send(res, 200, "found"),
  async "GET /upstream"(_req, res) {
    const { status } = await globalThis.fetch(process.env.UPSTREAM_URL).catch((err) => ({
      status: String(err.cause ?? err),
    }));
    send(res, status === 200 ? 200 : 502, { status });
  },
};

function respond(req, res, state) {
  const [, first] = req.url.split("/");
  const route = routes[`${req.method} /${first}`];
  return route ? route(req, res, state) : send(res, 404, "not found");
}

function send(res, status, body) {
  res.writeHead(status, { "Content-Type": "application/json" });
  res.end(JSON.stringify(body));
}

module.exports = { respond, routes, send };
