"use strict";
// Reads a contender's log from a real pipe, as a platform does: passes on the lines that name a port, counts all.
const { Buffer } = require("node:buffer");
const { readSync, writeSync } = require("node:fs");

const [STDIN_FD, STDOUT_FD] = [0, 1];
const NEWLINE = 10;
const buffer = Buffer.allocUnsafe(65_536);
let lines = 0;

for (;;) {
  // Blocking, and nothing is decoded in vain: a reader that lags would slow the contender down.
  const length = readSync(STDIN_FD, buffer);
  if (length === 0) break;
  const chunk = buffer.subarray(0, length);
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  if (lines < 10 && chunk.includes('"port":')) writeSync(STDOUT_FD, chunk);
}
writeSync(STDOUT_FD, `${JSON.stringify({ lines })}\n`);
