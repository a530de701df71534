"use strict";
// How a contender says, as its first log line, which port the system gave it.
const { writeSync } = require("node:fs");

const STDOUT_FD = 1;

/** Binds a free port of the loopback interface and logs it. */
function listen(server) {
  server.listen(0, "127.0.0.1", () => announce(server.address().port));
}

/** Logs the port as Berth does. */
function announce(port) {
  const line = { level: "info", time: Date.now(), port, msg: `web is listening on port ${port}` };
  writeSync(STDOUT_FD, `${JSON.stringify(line)}\n`);
}

module.exports = { announce, listen };
