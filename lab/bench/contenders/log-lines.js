"use strict";
// Buffered log lines on standard output: written when enough have gathered, at the latest after half a second, and on exit.
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

/** Writes one line, which must end in a newline, soon. */
function writeLine(line) {
  pending += line;
  if (pending.length >= FULL_CHARS) flush();
  else timer ??= setTimeout(flush, FLUSH_MS);
}

process.on("exit", flush);
process.on("SIGTERM", () => process.exit(0));

module.exports = { writeLine };
