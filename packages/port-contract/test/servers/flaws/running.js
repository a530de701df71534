// Flaws in how the server runs as a process: clauses B8 to B10, and L1.
"use strict";

const fs = require("node:fs");
const process = require("node:process");
const { join } = require("node:path");

const { env, pid } = process;

/** Opens a file for writing; `undefined` if the server has no permission. */
function openIfAllowed(name) {
  try {
    return fs.openSync(join(env.SCRATCH, name), "a");
  } catch {
    return undefined; // B8 runs the server as another user: no file, so no flaw.
  }
}

function writePidFile() {
  const file = openIfAllowed(`${pid}.pid`);
  if (file) fs.writeSync(file, `${pid}\n`);
}

const buffered = [];

module.exports = {
  "writes into its working directory": {
    breaks: ["B8"],
    parts: {
      beforeListening() {
        const file = `scratch-${pid}`;
        fs.writeFileSync(file, "");
        fs.rmSync(file);
      },
    },
  },
  daemonises: { breaks: ["B9"], line: (server) => `${server} &` },
  "writes a PID file": {
    breaks: ["B9"],
    parts: { beforeListening: writePidFile },
  },
  "exits on the end of stdin": {
    breaks: ["B10"],
    parts: { beforeListening: () => process.stdin.resume().on("end", () => process.exit(0)) },
  },
  "writes a log file": {
    breaks: ["L1"],
    parts: { beforeListening: () => openIfAllowed("flawed.log") },
  },
  "buffers its output until it exits": {
    breaks: ["L1"],
    parts: {
      log: (line) => buffered.push(line),
      onListening: (port) => buffered.push(`listening on ${port}`),
      beforeListening: () => process.on("exit", () => fs.writeSync(1, `${buffered.join("\n")}\n`)),
    },
  },
  "buffers its output unless on a terminal": {
    breaks: ["L1"],
    parts: {
      log: (line) => process.stdout.isTTY && process.stdout.write(`${line}\n`),
      onListening: () => undefined,
    },
  },
  "exits when its stdout is closed": {
    breaks: ["L1"],
    parts: {
      onStdoutError(err) {
        throw err;
      },
    },
  },
};
