// The router for development: a reverse proxy on one public port in front of a formation's instances.
import { createServer, ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Request, Response } from "express";
import pino from "pino";
import { refusals, requestId } from "berth/http";
import { createHttpService, DUAL_STACK, endConnection } from "berth/listener";
import { forward, hasBody, type Timeouts } from "./forward";
import { createPool, type Pool, type Target } from "./pool";
import { createReporter, type Problem, sendProblem, unknownCoding, unknownHost } from "./problems";
import { type Exchange, hangUp } from "./response";
import type { Routes } from "./routes";

/** nginx's default, in milliseconds. */
const KEEP_ALIVE_MS = 75_000;
/** For the request's head, of at most 16 KiB, in milliseconds. The service itself limits the time for a body. */
const HEADERS_TIMEOUT_MS = 60_000;
/** Time to drain on shutdown, in milliseconds. */
const STOP_MS = 1000;

const DEFAULT_TIMEOUTS: Timeouts = { readyMs: 10_000, responseMs: 30_000 };

export interface RouterOptions {
  port: number;
  /** By process type, the instances that requests are sent to, in order. */
  targets: ReadonlyMap<string, readonly Target[]>;
  routes: Routes;
  /** Prints a line for each request that the router could not forward. */
  say: (text: string) => void;
  timeouts?: Partial<Timeouts>;
}

export interface Router {
  /** Resolves to the port once it is bound. @throws BindError when it cannot be. */
  listen(): Promise<number>;
  /** Sends no more requests to the instance of this name. Resolves once it can be stopped without losing a request. */
  withdraw(name: string): Promise<void>;
  /** Sends it requests again, as soon as it is ready. */
  admit(name: string): void;
  /** Ends requests that wait for an instance, as all are about to stop, and completes requests in flight. */
  beginDrain(): void;
  /** Resolves when all connections are closed. */
  close(): Promise<void>;
}

export function createRouter(options: RouterOptions): Router {
  const { routes, targets, say } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const pools = new Map([...targets].map(([type, each]) => [type, createPool(type, each)]));
  const instances = [...pools.values()].flatMap((pool) => pool.instances);
  const report = createReporter(say);

  const fail = ({ req, res, id }: Exchange, problem: Problem): void => {
    report(req, id, problem);
    sendProblem(req, res, id, problem);
  };

  function poolFor(host: string | undefined): Pool | undefined {
    const type = typeof routes === "string" ? routes : routes.get(hostName(host));
    return type === undefined ? undefined : pools.get(type);
  }

  function handle(req: IncomingMessage, res: ServerResponse, upgradeHead?: Buffer): void {
    const exchange = { id: idOf(req, res), req, res, ...(upgradeHead && { upgradeHead }) };
    const { host, "transfer-encoding": coding } = req.headers;
    const pool = poolFor(host);
    if (pool === undefined)
      fail(exchange, unknownHost(host, [...(routes as Map<string, string>).keys()]));
    else if (coding !== undefined && coding.toLowerCase() !== "chunked")
      fail(exchange, unknownCoding);
    else forward(exchange, pool, timeouts, fail);
  }

  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: 0,
    // The service itself rejects requests without Host, as it does without a router.
    requireHostHeader: false,
  });
  server.on("request", (req, res) => handle(req, res));
  server.on("upgrade", (req, socket: Socket, head) => {
    handle(req, responseOn(req, socket), head);
  });
  const service = createHttpService({
    name: "router",
    server,
    target: { host: DUAL_STACK, port: options.port },
    // The instance accepts or rejects the upgrade. Not for a request with a body: Node would not parse it.
    isUpgrade: (req) => !hasBody(req),
    // Requests that Node's parser rejects: they reach no instance.
    refuse: refusals(pino({ enabled: false })),
  });
  server.on("connection", (socket) => socket.on("end", hangUp));
  const instanceOf = (name: string) => instances.find((instance) => instance.name === name);

  return {
    listen: async () => (await service.bind()).port,
    withdraw: async (name) => instanceOf(name)?.withdraw(),
    admit: (name) => instanceOf(name)?.admit(),
    beginDrain() {
      service.beginDrain();
      for (const pool of pools.values()) pool.stopWaiting();
    },
    async close() {
      this.beginDrain();
      const limit = setTimeout(() => service.destroy(), STOP_MS);
      await service.drain(STOP_MS);
      clearTimeout(limit);
      for (const pool of pools.values()) pool.close();
    },
  };
}

/** The host in lower case, without the port and the trailing dot of an absolute name. */
const hostName = (host = ""): string => host.toLowerCase().replace(/\.?(:\d*)?$/, "");

/** The services keep this id, as they follow the same rule for a client's X-Request-Id. */
function idOf(req: IncomingMessage, res: ServerResponse): string {
  requestId(req as Request, res as Response, () => {});
  return (req as Request).id;
}

/** Node creates no response for an upgrade request, and leaves its socket to the listener. */
function responseOn(req: IncomingMessage, socket: Socket): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  socket.on("error", () => {});
  res.assignSocket(socket);
  res.on("finish", () => {
    res.detachSocket(socket);
    endConnection(socket);
  });
  return res;
}
