"use strict";
// What is called by those whose calls are measured: a small answer, as fast as Node gives it.
const { Buffer } = require("node:buffer");
const { createServer } = require("node:http");
const { listen } = require("./announce");
const { small } = require("./answers");

const body = JSON.stringify(small());
const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };

listen(createServer((_req, res) => res.writeHead(200, headers).end(body)));
