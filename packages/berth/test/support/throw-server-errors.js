// Preload: adds an `error` listener that throws to the HTTP server, as WebSocket servers do.
"use strict";

const http = require("node:http");

const { createServer } = http;
http.createServer = (...options) =>
  createServer(...options).on("error", (err) => {
    throw err;
  });
