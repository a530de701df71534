// Speaks as much Redis as a probe asks for, and ends when it is told to.
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
