// Starts a gRPC service with a test's handlers, and clients: grpc-js' own, and raw HTTP/2 ones.
import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { join } from "node:path";
import { createTestLogger } from "berth/testing";
import type { Handler } from "../../src/handlers";
import { loadProtos, messageIn, type Protos } from "../../src/protos";
import { createClient as connectClient } from "../../src/testing";
import { createGrpcService, type GrpcServiceOptions } from "../../src/service";

export interface Ship {
  name: string;
  fullTonnage: string;
  harbour: { name: string } | null;
}

export const ships = loadProtos(join(__dirname, "ships.proto"));
/** A message with its prefix: a zero byte (not compressed) and the length. */
export function framed(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

export const ship = (of: Partial<Ship>): Buffer =>
  framed(messageIn(ships, "test.ships.Ship").serialize(of));

const unused: Handler = () =>
  Promise.reject(new Error("this test defines no handler for the method"));
const closers: (() => unknown)[] = [];

/** Stops everything that tests have started; for afterEach. */
export async function closeGrpc(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** Starts the Ships service on a free port. */
export async function startGrpc(
  handlers: Readonly<Record<string, Handler>> = {},
  options: Partial<GrpcServiceOptions> = {},
) {
  const { logger, log } = createTestLogger();
  const service = createGrpcService({
    name: "grpc",
    target: { host: "127.0.0.1", port: 0 },
    logger,
    services: [
      {
        name: "test.ships.Ships",
        protos: ships,
        handlers: { getShip: unused, listShips: unused, echoShips: unused, ...handlers },
      },
    ],
    attached: {},
    draining: new AbortController().signal,
    hasReflection: true,
    messageLimitBytes: 1024,
    maxConcurrentStreams: 100,
    requestTimeoutMs: 60_000,
    responseTimeoutMs: 60_000,
    keepAliveTimeoutMs: 60_000,
    ...options,
  });
  const { port } = await service.bind();
  closers.push(() => {
    const drained = service.drain(0);
    service.destroy();
    return drained;
  });
  return { service, port, log };
}

/** A client that is closed after the test; methods are named like `Ships.GetShip`. */
export function createClient(port: number, protos: Protos = ships) {
  const made = connectClient(port, protos);
  closers.push(() => made.client.close());
  return made;
}

/** An HTTP/2 connection for calls that grpc-js' client cannot make. */
export async function connectHttp2(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  closers.push(() => session.destroy());
  await once(session, "connect");
  return session;
}

/** Opens a call. */
export const open = (
  session: ClientHttp2Session,
  method: string,
  headers: Readonly<Record<string, string>> = {},
) =>
  session.request({
    ":method": "POST",
    ":path": `/test.ships.Ships/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });

/** Sends a call with these bytes and resolves to the status. */
export async function ask(
  session: ClientHttp2Session,
  method: string,
  body: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const stream = open(session, method, headers);
  stream.end(body).resume();
  return statusOf(stream);
}

export async function statusOf(stream: ReturnType<typeof open>): Promise<string> {
  let seen: IncomingHttpHeaders = {};
  stream.on("response", (head) => (seen = { ...seen, ...head }));
  stream.on("trailers", (head: IncomingHttpHeaders) => (seen = { ...seen, ...head }));
  await once(stream, "close");
  return String(seen["grpc-status"]);
}
