// Listens, and nothing more: stopped by a signal, it leaves connections to a queue that is soon full.
"use strict";

const { createServer } = require("node:http");
const { log } = require("node:console");

createServer((_req, res) => {
  res.setHeader("Content-Type", "application/json");
  res.end('{"name":"Ada"}');
}).listen({ port: process.env.PORT, host: process.env.HOST, backlog: 1 }, () =>
  log(`deaf is listening on port ${process.env.PORT}`),
);
