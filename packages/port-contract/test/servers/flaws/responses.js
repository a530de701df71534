// Flaws in the responses: clauses H1, H2, H4, H5, S1 and R1.
"use strict";

const http = require("node:http");
const tls = require("node:tls");
const { respond, send } = require("../routes");

const remembered = new Set();

module.exports = {
  "speaks TLS only": { breaks: ["H1"], parts: { createServer: () => tls.createServer() } },
  "closes idle connections after 5 s": {
    breaks: ["H2"],
    parts: { createServer: (handler) => http.createServer({ keepAliveTimeout: 5000 }, handler) },
  },
  "trusts X-Forwarded-For": {
    breaks: ["H4"],
    parts: {
      handlers: {
        "GET /": (req, res) =>
          send(res, 200, { client: req.headers["x-forwarded-for"]?.split(",")[0] ?? "nobody" }),
      },
    },
  },
  "has no readiness endpoint": {
    breaks: ["H5"],
    parts: { handlers: { "GET /readyz": (_req, res) => send(res, 404, "not found") } },
  },
  "stays ready while draining": {
    breaks: ["H5"],
    parts: { handlers: { "GET /readyz": (_req, res) => send(res, 200, "ready") } },
  },
  "keeps state in memory": {
    breaks: ["S1"],
    parts: {
      respond(req, res, state) {
        if (req.method === "GET" && req.url.startsWith("/things/"))
          return send(res, remembered.has(req.url) ? 200 : 404, "");
        if (req.method === "POST") remembered.add("/things/1");
        return respond(req, res, state);
      },
    },
  },
  "has a hard-coded upstream": {
    breaks: ["R1"],
    parts: {
      handlers: { "GET /upstream": (_req, res) => send(res, 502, "nobody at localhost:3001") },
    },
  },
};
