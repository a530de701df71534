// The routing layer for development: one public port in front of the instances of a formation, as a platform has it.
import { createServer, ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Request, Response } from "express";
import pino from "pino";
import { refusals, requestId } from "berth/http";
import { createHttpService, DUAL_STACK, endConnection } from "berth/listener";
import { unknownCoding, unknownHost } from "./faults";
import { forward, hasBody, type Exchange, type Patience } from "./forward";
import { hangUp } from "./join-sockets";
import { createPool, type Pool, type Target } from "./pool";
import type { Routes } from "./routes";
import { createReporter, sendFault, type Fault } from "./problems";

/** As long as nginx keeps idle connections, in milliseconds. */
const KEEP_ALIVE_MS = 75_000;
/** A head is at most 16 KiB; how long a body may take is for the service to say. In milliseconds. */
const HEAD_MS = 60_000;
/** What nothing is in flight on is not waited for longer, in milliseconds. */
const STOP_MS = 1000;

const DEFAULT_PATIENCE: Patience = { readyMs: 10_000, answerMs: 30_000 };

export interface RouterOptions {
  port: number;
  /** By process type, the instances that requests are sent to, in their order. */
  targets: ReadonlyMap<string, readonly Target[]>;
  routes: Routes;
  /** Says what the router could not do. */
  say: (text: string) => void;
  patience?: Partial<Patience>;
}

export interface Router {
  /** Resolves to the port once it is bound. @throws BindError when it cannot be. */
  listen(): Promise<number>;
  /** Sends nothing more to the instance of this name, if it has one; resolves once that can be stopped without a loss. */
  withdraw(name: string): Promise<void>;
  /** Sends to it again, as soon as it is ready. */
  admit(name: string): void;
  /** Lets nobody wait for an instance any more, as all are about to end, and finishes what is in flight. */
  beginDrain(): void;
  /** Resolves when nothing is left of it. */
  close(): Promise<void>;
}

export function createRouter(options: RouterOptions): Router {
  const { routes, targets, say } = options;
  const patience = { ...DEFAULT_PATIENCE, ...options.patience };
  const pools = new Map([...targets].map(([type, each]) => [type, createPool(type, each)]));
  const instances = [...pools.values()].flatMap((pool) => pool.instances);
  const report = createReporter(say);

  const fail = ({ req, res, id }: Exchange, fault: Fault): void => {
    report(req, id, fault);
    sendFault(req, res, id, fault);
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
    else forward(exchange, pool, patience, fail);
  }

  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEAD_MS,
    requestTimeout: 0,
    // The service refuses such requests itself, as it does without a router.
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
    // Whether the protocol changes is for the instance to say. Not where there is a body: Node would leave that unread.
    isUpgrade: (req) => !hasBody(req),
    // What Node's parser does not take reaches no instance.
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

/** Without the port, and the dot that makes a name absolute. */
const hostName = (host = ""): string => host.toLowerCase().replace(/\.?(:\d*)?$/, "");

/** By the same rule as the services, which keep what the router sends them. */
function idOf(req: IncomingMessage, res: ServerResponse): string {
  requestId(req as Request, res as Response, () => {});
  return (req as Request).id;
}

/** Node has none for a request that may change the protocol, and leaves the connection to whoever does that. */
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
