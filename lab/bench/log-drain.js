"use strict";
// Reads a contender's log from a pipe, as a platform does: forwards the first lines, which name the port, and counts all.
const { Buffer } = require("node:buffer");
const { readSync, writeSync } = require("node:fs");

const [STDIN_FD, STDOUT_FD] = [0, 1];
const NEWLINE = 10;
const buffer = Buffer.allocUnsafe(65_536);
let lines = 0;

for (;;) {
  // Blocking and without decoding, because a slow reader would slow down the contender.
  const length = readSync(STDIN_FD, buffer);
  if (length === 0) break;
  const chunk = buffer.subarray(0, length);
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  if (lines < 10 && chunk.includes('"port":')) writeSync(STDOUT_FD, chunk);
}
writeSync(STDOUT_FD, `${JSON.stringify({ lines })}\n`);
