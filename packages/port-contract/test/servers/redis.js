// A minimal Redis server: responds to PING, and exits on SIGTERM.
"use strict";

const net = require("node:net");
const process = require("node:process");

const sockets = new Set();
const server = net.createServer((socket) => {
  sockets.add(socket);
  socket.on("data", () => socket.write("+PONG\r\n"));
  socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
});
server.listen(Number(process.env.PORT));

for (const signal of ["SIGTERM", "SIGINT"])
  process.on(signal, () => {
    server.close(() => process.exit(0));
    sockets.forEach((socket) => socket.end());
  });
