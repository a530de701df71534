"use strict";
// Buffers log lines for stdout: flushed when the buffer is full, after half a second, and on exit.
const { writeSync } = require("node:fs");
const process = require("node:process");
const { clearTimeout, setTimeout } = require("node:timers");

const STDOUT_FD = 1;
const FULL_CHARS = 4096;
const FLUSH_MS = 500;

let pending = "";
let timer;

function flush() {
  clearTimeout(timer);
  timer = undefined;
  if (pending === "") return;
  const lines = pending;
  pending = "";
  writeSync(STDOUT_FD, lines);
}

/** Buffers one line, which must end in a newline. */
function writeLine(line) {
  pending += line;
  if (pending.length >= FULL_CHARS) flush();
  else timer ??= setTimeout(flush, FLUSH_MS);
}

process.on("exit", flush);
process.on("SIGTERM", () => process.exit(0));

module.exports = { writeLine };
