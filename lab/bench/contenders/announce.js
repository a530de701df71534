"use strict";
// Logs, as a contender's first line, that it listens.
const { writeSync } = require("node:fs");
const process = require("node:process");

const STDOUT_FD = 1;

/** Binds PORT of the loopback interface and logs it. */
function listen(server) {
  server.listen(process.env.PORT, "127.0.0.1", () => announce(process.env.PORT));
}

/** Logs the same line as Berth. */
function announce(port) {
  const line = {
    level: "info",
    time: Date.now(),
    port: Number(port),
    msg: `web is listening on port ${port}`,
  };
  writeSync(STDOUT_FD, `${JSON.stringify(line)}\n`);
}

module.exports = { announce, listen };
