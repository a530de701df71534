"use strict";
// Contender: node:http and nothing else, written for speed: the limit that a framework can approach.
const { Buffer } = require("node:buffer");
const http = require("node:http");
const { performance } = require("node:perf_hooks");
const process = require("node:process");
const { listen } = require("./announce");
const { createRouter } = require("./bare-http-routes");
const { helmetHeaders } = require("./helmet-headers");
const { writeLine } = require("./log-lines");
const { PROBLEM_TYPE, problemBody } = require("./problem");
const { clientOf, elapsedMs, pathOf, requestIdOf } = require("./request-facts");

const JSON_TYPE = "application/json; charset=utf-8";
const SECURITY_HEADERS = Object.entries(helmetHeaders()).flat();

/** Answers with one header write: a flat array of names and values is what Node takes fastest. */
function answer(res, requestId, status, type, body) {
  const headers = SECURITY_HEADERS.slice();
  headers.push("X-Request-Id", requestId, "Content-Type", type);
  headers.push("Content-Length", String(Buffer.byteLength(body)));
  res.writeHead(status, headers);
  res.end(body);
}

const answerProblem = (res, id, { status = 500, message, members }) =>
  answer(res, id, status, PROBLEM_TYPE, problemBody(id, status, message, members));

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
  route(req, path, (problem, status, value) => {
    if (problem) answerProblem(res, id, problem);
    else answer(res, id, status, JSON_TYPE, JSON.stringify(value));
  });
}

listen(http.createServer(onRequest));
