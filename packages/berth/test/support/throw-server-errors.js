// Preloaded into a real process: its HTTP server has a listener that throws each error, as a WebSocket server's does.
"use strict";

const http = require("node:http");

const { createServer } = http;
http.createServer = (...options) =>
  createServer(...options).on("error", (err) => {
    throw err;
  });
