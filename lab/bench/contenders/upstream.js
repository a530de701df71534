"use strict";
// The upstream of measured calls: a small response, as fast as Node can send it.
const { Buffer } = require("node:buffer");
const { createServer } = require("node:http");
const { listen } = require("./announce");
const { small } = require("./response-bodies");

const body = JSON.stringify(small());
const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };

listen(createServer((_req, res) => res.writeHead(200, headers).end(body)));
