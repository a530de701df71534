"use strict";
// How a contender says, as its first log line, that it listens.
const { writeSync } = require("node:fs");
const process = require("node:process");

const STDOUT_FD = 1;

/** Binds PORT of the loopback interface and logs it. */
function listen(server) {
  server.listen(process.env.PORT, "127.0.0.1", () => announce(process.env.PORT));
}

/** Says it as Berth does. */
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
