// Flaws in how the server stops: clauses D1 to D11.
"use strict";

const fs = require("node:fs");
const process = require("node:process");
const { join } = require("node:path");
const { setInterval } = require("node:timers");

const nothing = () => undefined;
const { env } = process;

/** A lock file that a killed process leaves behind; not used with a shared port. */
function takeLock() {
  const lock = join(env.SCRATCH, `${env.PORT}.lock`);
  if (env.REUSE_PORT === "true") return;
  if (fs.existsSync(lock)) process.exit(1);
  fs.writeFileSync(lock, "");
  process.on("exit", () => fs.rmSync(lock));
}

module.exports = {
  "never exits": { breaks: ["D1"], parts: { exit: nothing, signals: ["SIGTERM", "SIGINT"] } },
  "exits at once": {
    breaks: ["D2", "D7", "D10"],
    parts: {
      signals: [],
      beforeListening() {
        for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
      },
    },
  },
  "has no signal handler": { breaks: ["D2", "D7", "D10"], parts: { signals: [] } },
  "accepts and drops connections while draining": {
    breaks: ["D3"],
    parts: {
      stopAccepting(server, onClosed) {
        server.on("connection", (socket) => socket.destroy());
        const exitWhenAlone = () => server.getConnections((_err, open) => open || onClosed());
        setInterval(exitWhenAlone, 20);
      },
    },
  },
  "sends no Connection: close while draining": {
    breaks: ["D4"],
    parts: { announceClose: nothing },
  },
  "is kept alive by idle sockets": { breaks: ["D5"], parts: { endIdle: nothing } },
  "is kept alive by upgraded sockets": { breaks: ["D5"], parts: { endUpgraded: nothing } },
  "exits on the second SIGTERM": {
    breaks: ["D6"],
    parts: { onRepeatedSignal: () => process.exit(1) },
  },
  "exits with 3 after a clean drain": {
    breaks: ["D7"],
    parts: { exitCodes: { clean: 3, forced: 1 } },
  },
  "exits with 0 after a forced drain": {
    breaks: ["D7"],
    parts: { exitCodes: { clean: 0, forced: 0 } },
  },
  "runs behind a shell": {
    breaks: ["D7", "D8"],
    line: (server) => `${server}; exit $?`,
  },
  "ignores SIGINT": {
    breaks: ["D9"],
    parts: { signals: ["SIGTERM"], beforeListening: () => process.on("SIGINT", nothing) },
  },
  "has no drain delay": { breaks: ["D10"], parts: { drainDelayMs: () => 0 } },
  "fails on its own stale lock": { breaks: ["D11"], parts: { beforeListening: takeLock } },
};
