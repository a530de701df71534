// Listens; while its process is stopped by SIGSTOP, connections fill its accept queue.
"use strict";

const { createServer } = require("node:http");
const { log } = require("node:console");

createServer((_req, res) => {
  res.setHeader("Content-Type", "application/json");
  res.end('{"name":"Ada"}');
}).listen({ port: process.env.PORT, host: process.env.HOST, backlog: 1 }, () =>
  log(`the server is listening on port ${process.env.PORT}`),
);
