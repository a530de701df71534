"use strict";
// Contender: node:http alone, optimized: the upper limit for a framework.
const { Buffer } = require("node:buffer");
const http = require("node:http");
const { performance } = require("node:perf_hooks");
const process = require("node:process");
const { listen } = require("./announce");
const { entityTag, isFresh } = require("./entity-tag");
const { createRouter } = require("./bare-http-routes");
const { helmetHeaders } = require("./helmet-headers");
const { writeLine } = require("./log-lines");
const { PROBLEM_TYPE, problemBody } = require("./problem");
const { clientOf, elapsedMs, pathOf, requestIdOf } = require("./request-facts");

const JSON_TYPE = "application/json; charset=utf-8";
const SECURITY_HEADERS = Object.entries(helmetHeaders()).flat();

/** Writes the headers as one flat array of names and values, which is Node's fastest way. */
function send(res, requestId, status, headers, body) {
  res.writeHead(status, [...SECURITY_HEADERS, "X-Request-Id", requestId, ...headers]);
  res.end(body);
}

function sendJson(req, res, id, status, value) {
  const body = JSON.stringify(value);
  const tag = entityTag(body);
  if (isFresh(req, tag)) return send(res, id, 304, ["ETag", tag]);
  const length = String(Buffer.byteLength(body));
  const headers = ["Content-Type", JSON_TYPE, "Content-Length", length, "ETag", tag];
  send(res, id, status, headers, body);
}

function sendProblem(res, id, { status = 500, message, members }) {
  const body = problemBody(id, status, message, members);
  const length = String(Buffer.byteLength(body));
  send(res, id, status, ["Content-Type", PROBLEM_TYPE, "Content-Length", length], body);
}

function logLine(requestId, method, path, status, startedAt, bytes, client) {
  writeLine(
    `{"level":"info","time":${Date.now()},"requestId":"${requestId}","method":"${method}",` +
      `"path":${JSON.stringify(path)},"status":${status},"durationMs":${elapsedMs(startedAt)},` +
      `"bytes":${bytes},"client":"${client}","msg":"request"}\n`,
  );
}

const route = createRouter(process.env);

function onRequest(req, res) {
  const startedAt = performance.now();
  const { socket, method, url } = req;
  const sentBefore = socket.bytesWritten;
  const client = clientOf(socket);
  const id = requestIdOf(req);
  const path = pathOf(url);
  res.on("close", () => {
    const bytes = socket.bytesWritten - sentBefore;
    logLine(id, method, path, res.statusCode, startedAt, bytes, client);
  });
  route(req, path, (refusal, status, value) => {
    if (refusal) sendProblem(res, id, refusal);
    else sendJson(req, res, id, status, value);
  });
}

listen(http.createServer(onRequest));
