"use strict";
// Contender: Fastify, tuned as documented: compiled schemas for requests and responses, one log line, no child loggers.
const { performance } = require("node:perf_hooks");
const process = require("node:process");
const { setInterval } = require("node:timers");
const { fastify, LogController } = require("fastify");
const { pino } = require("pino");
const { announce } = require("./announce");
const { entityTag, isFresh } = require("./entity-tag");
const { addRoutes } = require("./fastify-routes");
const { helmetHeaders } = require("./helmet-headers");
const { PROBLEM_TYPE, problemBody } = require("./problem");
const { clientOf, elapsedMs, pathOf, requestIdOf } = require("./request-facts");

const FLUSH_MS = 500;
const destination = pino.destination({ dest: 1, sync: false, minLength: 4096 });
setInterval(() => destination.flush(), FLUSH_MS).unref();
process.on("SIGTERM", () => {
  destination.flushSync();
  process.exit(0);
});

const app = fastify({
  loggerInstance: pino(
    { base: undefined, formatters: { level: (label) => ({ level: label }) } },
    destination,
  ),
  // Fastify's own two lines and child logger per request would be more work than the others do.
  logController: new LogController({ disableRequestLogging: true }),
  childLoggerFactory: (logger) => logger,
  genReqId: requestIdOf,
  bodyLimit: 102_400,
  // Express does not check for these either.
  onProtoPoisoning: "ignore",
  onConstructorPoisoning: "ignore",
  ajv: { customOptions: { removeAdditional: false, allErrors: true } },
});

app.decorateRequest("startedAt", 0);
app.decorateRequest("sentBefore", 0);
app.decorateRequest("peer", "");

const securityHeaders = helmetHeaders();
app.addHook("onRequest", (request, reply, done) => {
  request.startedAt = performance.now();
  request.sentBefore = request.socket.bytesWritten;
  request.peer = clientOf(request.socket);
  reply.headers(securityHeaders);
  reply.header("X-Request-Id", request.id);
  done();
});

app.addHook("onSend", (request, reply, payload, done) => {
  if (reply.statusCode >= 300) return done();
  const tag = entityTag(payload);
  reply.header("ETag", tag);
  if (!isFresh(request, tag)) return done();
  reply.code(304).removeHeader("Content-Type");
  done(null, null);
});

app.addHook("onResponse", (request, reply, done) => {
  app.log.info(
    {
      requestId: request.id,
      method: request.method,
      path: pathOf(request.url),
      status: reply.statusCode,
      durationMs: elapsedMs(request.startedAt),
      bytes: request.socket.bytesWritten - request.sentBefore,
      client: request.peer,
    },
    "request",
  );
  done();
});

const STATUS_BY_PLACE = { params: 404, querystring: 400, body: 422 };

function locate({ instancePath, params }, place) {
  const pointer = `${instancePath}${params.missingProperty ? `/${params.missingProperty}` : ""}`;
  return place === "body" ? { pointer } : { parameter: pointer.slice(1) };
}

function validationMembers({ validation, validationContext }) {
  if (validationContext === "params") return {};
  const errors = validation.map((fault) => ({
    ...locate(fault, validationContext),
    detail: fault.message,
  }));
  return { errors };
}

app.setErrorHandler((err, request, reply) => {
  const status = STATUS_BY_PLACE[err.validationContext] ?? err.status ?? err.statusCode ?? 500;
  const detail = status < 500 ? err.message : "Something went wrong.";
  const members = err.validation && validationMembers(err);
  reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(problemBody(request.id, status, detail, members));
});

app.setNotFoundHandler((request, reply) => {
  const body = problemBody(request.id, 404, "There is nothing at this path.");
  reply.code(404).type(PROBLEM_TYPE).send(body);
});

addRoutes(app, process.env);
const { PORT } = process.env;
app.listen({ host: "127.0.0.1", port: Number(PORT) }).then(() => announce(PORT));
