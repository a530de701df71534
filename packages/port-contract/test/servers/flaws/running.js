// Flaws in how the server lives as a process: clauses B8 to B10, and L1.
"use strict";

const fs = require("node:fs");
const process = require("node:process");
const { join } = require("node:path");

const { env, pid } = process;

/** Opens a file for writing where the server may not always write, and goes on when it may not. */
function openIfAllowed(name) {
  try {
    return fs.openSync(join(env.SCRATCH, name), "a");
  } catch {
    return undefined; // Run as another user: there is no file then, and no flaw to see.
  }
}

function writePidFile() {
  const file = openIfAllowed(`${pid}.pid`);
  if (file) fs.writeSync(file, `${pid}\n`);
}

const held = [];

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
  "holds its output back until it exits": {
    breaks: ["L1"],
    parts: {
      log: (line) => held.push(line),
      onListening: (port) => held.push(`listening on ${port}`),
      beforeListening: () => process.on("exit", () => fs.writeSync(1, `${held.join("\n")}\n`)),
    },
  },
  "holds its output back unless on a terminal": {
    breaks: ["L1"],
    parts: {
      log: (line) => process.stdout.isTTY && process.stdout.write(`${line}\n`),
      onListening: () => undefined,
    },
  },
  "dies when nobody reads its output": {
    breaks: ["L1"],
    parts: {
      onStdoutError(err) {
        throw err;
      },
    },
  },
};
