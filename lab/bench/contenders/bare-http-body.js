"use strict";
// Reads a JSON body up to a limit, for the bare contender.
const { Buffer, isUtf8 } = require("node:buffer");
const { problem } = require("./problem");

const LIMIT_BYTES = 102_400;

/** Calls back with a problem, or with the parsed body. */
function readJson(req, done) {
  const declared = Number(req.headers["content-length"] ?? 0);
  if (declared > LIMIT_BYTES) return refuse(req, done);
  const chunks = [];
  let bytes = 0;
  req.on("data", (chunk) => {
    bytes += chunk.length;
    if (bytes <= LIMIT_BYTES) return chunks.push(chunk);
    req.removeAllListeners("data").removeAllListeners("end");
    refuse(req, done);
  });
  req.on("end", () => parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), done));
}

/** Reads and discards the rest of the body, so that the client can read the response. */
function refuse(req, done) {
  req.resume();
  done(problem(413, "The body is larger than this service accepts."));
}

function parse(body, done) {
  if (!isUtf8(body)) return done(problem(400, "The body is not valid UTF-8."));
  let value;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return done(problem(400, "The body is not valid JSON."));
  }
  done(null, value);
}

module.exports = { readJson };
