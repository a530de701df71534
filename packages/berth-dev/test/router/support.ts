// Starts routers in front of a test's servers, and sends them requests.
import { once } from "node:events";
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
  type Server,
} from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { createRouter, type Router, type RouterOptions } from "../../src/router/router";

const open = new Set<() => Promise<unknown>>();

/** For afterEach: closes what a test has started. */
export async function closeAll(): Promise<void> {
  for (const close of [...open].reverse()) await close();
  open.clear();
}

export interface Upstream {
  port: number;
  server: Server;
  /** The number of requests that it received, without health checks. */
  requests: number;
  isReady: boolean;
  /** Closes all connections, and accepts no more. */
  stop(): Promise<void>;
}

/** Starts a server that is ready at once, unless `isReady` is false. */
export async function startUpstream(
  listener: RequestListener,
  { port = 0, isReady = true } = {},
): Promise<Upstream> {
  const server = createServer((req, res) => {
    if (req.url === "/readyz") {
      res.writeHead(upstream.isReady ? 200 : 503).end();
      return;
    }
    upstream.requests++;
    listener(req, res);
  });
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close().closeAllConnections();
    await closed;
  };
  server.listen(port);
  await once(server, "listening");
  open.add(stop);
  const upstream = { port: portOf(server), server, requests: 0, isReady, stop };
  return upstream;
}

export interface RunningRouter {
  router: Router;
  port: number;
  /** Its output, without request ids. */
  said: string[];
}

/** Starts a router for the process type `web` with these ports; the options can override that. */
export async function startRouter(
  ports: number[],
  options: Partial<RouterOptions> = {},
): Promise<RunningRouter> {
  const said: string[] = [];
  const router = createRouter({
    port: 0,
    routes: "web",
    targets: new Map([["web", targets("web", ports)]]),
    say: (line) => said.push(line.replace(/request [0-9a-f-]{36}/, "request ID")),
    ...options,
  });
  open.add(() => router.close());
  return { router, port: await router.listen(), said };
}

export const targets = (type: string, ports: number[]) =>
  ports.map((port, index) => ({ name: `${type}.${index + 1}`, port }));

export const portOf = (server: { address(): unknown }): number =>
  (server.address() as AddressInfo).port;

export interface Response {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  message: IncomingMessage;
}

/** Sends a request and resolves to the whole response. */
export async function ask(
  port: number,
  path = "/",
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<Response> {
  const sent = request({ port, path, agent: false, ...options });
  // Ignores errors after the response, as when that did not wait for the whole body.
  sent.on("error", () => {}).end(body);
  const [message] = (await once(sent, "response")) as [IncomingMessage];
  const { statusCode = 0, headers } = message;
  return { status: statusCode, headers, text: await text(message), message };
}

/** Sends bytes on a new connection, and resolves to everything received until it is closed. */
export async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = await connected(port);
  socket.write(bytes);
  return text(socket);
}

export async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  open.add(() => Promise.resolve(socket.destroy()));
  return socket;
}

/** The problem details without the request id. */
export function problemOf({ text: body, headers }: Response): unknown {
  const { requestId, ...problem } = JSON.parse(body) as Record<string, unknown>;
  expect(requestId).toBe(headers["x-request-id"]);
  expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  return problem;
}
