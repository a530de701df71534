"use strict";
// Contender: Express 5 with helmet, pino-http and express.json, a common setup.
const http = require("node:http");
const { performance } = require("node:perf_hooks");
const process = require("node:process");
const express = require("express");
const helmet = require("helmet");
const { pinoHttp } = require("pino-http");
const { listen } = require("./announce");
const { mountRoutes } = require("./express-routes");
const { HELMET_SETTINGS } = require("./helmet-headers");
const { PROBLEM_TYPE, Problem, problemBody } = require("./problem");
const schemas = require("./zod-schemas");
const { clientOf, elapsedMs, pathOf, requestIdOf } = require("./request-facts");

/** pino-http's line, with the same fields as Berth's. */
function accessLog() {
  const fields = (req, res) => ({
    requestId: req.id,
    method: req.method,
    path: pathOf(req.originalUrl),
    status: res.statusCode,
    durationMs: elapsedMs(req.startedAt),
    bytes: req.socket.bytesWritten - req.sentBefore,
    client: req.peer,
  });
  return pinoHttp({
    base: undefined,
    formatters: { level: (label) => ({ level: label }) },
    genReqId: (req, res) => {
      const id = requestIdOf(req);
      res.setHeader("X-Request-Id", id);
      return id;
    },
    wrapSerializers: false,
    serializers: { req: () => undefined },
    customSuccessMessage: () => "request",
    customErrorMessage: () => "request",
    customSuccessObject: fields,
    customErrorObject: fields,
  });
}

/** Keeps values that can no longer be read when the response is finished. */
function startFacts(req, _res, next) {
  req.startedAt = performance.now();
  req.sentBefore = req.socket.bytesWritten;
  req.peer = clientOf(req.socket);
  next();
}

const parsed = (result, status, locate) => {
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({
    ...locate(path),
    detail: message,
  }));
  throw new Problem(status, "Some values are not valid.", { errors });
};
const parseQuery = (schema, req) =>
  parsed(schema.safeParse(req.query), 400, (path) => ({ parameter: path.join(".") }));
const parseBody = (schema, req) =>
  parsed(schema.safeParse(req.body), 422, (path) => ({
    pointer: path.map((key) => `/${key}`).join(""),
  }));

function notFound() {
  throw new Problem(404, "There is nothing at this path.");
}

// Express recognizes an error handler by its four parameters.
function errorHandler(err, req, res, next) {
  if (res.headersSent) return next(err);
  const status = err.status ?? 500;
  const detail = status < 500 ? err.message : "Something went wrong.";
  res
    .status(status)
    .type(PROBLEM_TYPE)
    .send(problemBody(req.id, status, detail, err.members));
}

const app = express();
app.use(startFacts);
app.use(accessLog());
app.use(helmet(HELMET_SETTINGS));
app.use(express.json({ limit: "100kb" }));
mountRoutes(app, process.env, { parseBody, parseQuery, Problem, schemas });
app.use(notFound);
app.use(errorHandler);

listen(http.createServer(app));
