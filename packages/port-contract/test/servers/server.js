// A server in plain Node that keeps every clause of the port contract; flaws replace some of its parts.
"use strict";

const http = require("node:http");
const net = require("node:net");
const process = require("node:process");
const { setTimeout: pause } = require("node:timers/promises");
const { respond } = require("./routes");

const [major, minor] = process.versions.node.split(".").map(Number);
const { env } = process;

const log = (line) => void process.stdout.write(`${line}\n`);

const refuse = (reason) => {
  log(reason);
  process.exit(1);
};

/** The parts that a flaw can replace. */
const wellBehaved = {
  readPort(text) {
    if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
    return refuse(`PORT: expected 0-65535, got ${JSON.stringify(text)}`);
  },
  ownsPassedSocket: () => env.LISTEN_FDS === "1" && env.LISTEN_PID === String(process.pid),
  reusesPort() {
    const able = major > 22 || (major === 22 && minor >= 12);
    if (env.REUSE_PORT !== "true") return false;
    return able || refuse("REUSE_PORT needs Node 22.12");
  },
  host: "::",
  beforeListening: () => undefined,
  createServer: (handler) => http.createServer({ keepAliveTimeout: 95_000 }, handler),
  listen: (server, where) => server.listen(where),
  onListening: (port) => log(`listening on ${port}`),
  onListenError: ({ code, port }) => refuse(`PORT ${port}: ${code}; stop what listens there`),
  log,
  onStdoutError: () => undefined,
  /** Handlers that take precedence over `respond`, by method and path. */
  handlers: {},
  respond,

  signals: ["SIGTERM", "SIGINT"],
  onRepeatedSignal: () => undefined,
  drainDelayMs: () => Number(env.DRAIN_DELAY_MS ?? 0),
  shutdownTimeoutMs: () => Number(env.SHUTDOWN_TIMEOUT_MS ?? 8000),
  // Not http.Server's own close: that destroys idle sockets whose next request may already be sent.
  stopAccepting: (server, onClosed) => net.Server.prototype.close.call(server, onClosed),
  announceClose: (res) => res.headersSent || res.setHeader("Connection", "close"),
  endIdle: (socket) => socket.end(),
  endUpgraded: (socket) => socket.destroy(),
  exitCodes: { clean: 0, forced: 1 },
  exit: (code) => process.exit(code),
};

/** Starts the server with the parts of a flaw. */
function serve(flaw = {}) {
  const parts = { ...wellBehaved, ...flaw };
  const open = { responses: new Set(), sockets: new Map(), upgraded: new Set(), draining: false };
  process.stdout.on("error", parts.onStdoutError);
  const server = parts.createServer((req, res) => handle(req, res, open, parts));
  track(server, open);
  for (const signal of parts.signals) process.on(signal, () => drain(server, open, parts));
  server.on("error", parts.onListenError);
  server.on("listening", () => parts.onListening(env.PORT));
  const port = parts.readPort(env.PORT ?? "5000");
  const where = { port, host: parts.host, reusePort: parts.reusesPort() };
  parts.beforeListening();
  parts.listen(server, parts.ownsPassedSocket() ? { fd: 3 } : where);
}

function handle(req, res, open, parts) {
  const { socket } = req;
  open.sockets.set(socket, open.sockets.get(socket) + 1);
  open.responses.add(res);
  if (open.draining) parts.announceClose(res);
  res.on("close", () => {
    open.responses.delete(res);
    open.sockets.set(socket, open.sockets.get(socket) - 1);
    if (open.draining && open.sockets.get(socket) === 0) socket.end();
  });
  parts.log(`${req.method} ${req.url}`);
  const handle = parts.handlers[`${req.method} ${req.url}`] ?? parts.respond;
  return handle(req, res, open);
}

/** Tracks the open sockets, the number of requests on each, and the upgraded ones. */
function track(server, open) {
  server.on("connection", (socket) => {
    open.sockets.set(socket, 0);
    socket.on("error", () => undefined);
    socket.on("close", () => open.sockets.delete(socket));
  });
  server.on("upgrade", (_req, socket) => {
    open.sockets.delete(socket);
    open.upgraded.add(socket);
    socket.on("close", () => open.upgraded.delete(socket));
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n");
  });
}

async function drain(server, open, parts) {
  if (open.draining) return parts.onRepeatedSignal();
  open.draining = true;
  open.responses.forEach(parts.announceClose);
  await pause(parts.drainDelayMs());
  parts.stopAccepting(server, () => parts.exit(parts.exitCodes.clean));
  for (const [socket, requests] of open.sockets) if (requests === 0) parts.endIdle(socket);
  open.upgraded.forEach(parts.endUpgraded);
  await pause(parts.shutdownTimeoutMs());
  parts.exit(parts.exitCodes.forced);
}

module.exports = { serve };
