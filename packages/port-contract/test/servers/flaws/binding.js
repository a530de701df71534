// Flaws in how the port is bound: clauses B1 to B7, S2 and S3.
"use strict";

const http = require("node:http");
const process = require("node:process");
const { respond, send } = require("../routes");

let warm = false;

module.exports = {
  "ignores PORT": { breaks: ["B1"], parts: { readPort: () => 0 } },
  "binds loopback only": { breaks: ["B2", "B3"], parts: { host: "127.0.0.1" } },
  "binds IPv4 only": { breaks: ["B3"], parts: { host: "0.0.0.0" } },
  "passes PORT to listen unparsed": {
    breaks: ["B4"],
    parts: {
      readPort: (text) => text,
      listen: (server, where) =>
        server.listen(/^\d+$/.test(where.port) || where.fd ? where : where.port),
    },
  },
  "accepts any number as a port": { breaks: ["B4"], parts: { readPort: Number } },
  "reports success on a port in use": {
    breaks: ["B5"],
    parts: { onListenError: () => process.stdout.write("listening\n") },
  },
  "opens a second port": {
    breaks: ["B6"],
    parts: { onListening: () => http.createServer().listen(0) },
  },
  "binds before it is ready": {
    breaks: ["B7"],
    parts: {
      respond(req, res, state) {
        if (warm) return respond(req, res, state);
        warm = true;
        return send(res, 503, "warming up");
      },
    },
  },
  "cannot share its port": { breaks: ["S2"], parts: { reusesPort: () => false } },
  "accepts LISTEN_FDS of another process": {
    breaks: ["S3"],
    parts: { ownsPassedSocket: () => process.env.LISTEN_FDS === "1" },
  },
};
