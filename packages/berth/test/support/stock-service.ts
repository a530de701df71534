// Another service on a free port, and clients for it.
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServiceClient, type ServiceClient } from "../../src/client/service-client";
import type { ServiceClientOptions } from "../../src/client/types";
import { createTestLogger } from "../../src/testing/app";

/** Closed after each test; a test may add its own. */
export const servers: Server[] = [];
const clients: ServiceClient[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** Another service, with the requests that it received. */
export async function startService(listener: RequestListener, port = 0) {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    listener(req, res);
  }).listen(port, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { server, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const CHUNK = Buffer.alloc(65_536);

/** A service that writes forever, as fast as its client reads. */
export async function startEndless() {
  let written = 0;
  const closed: Promise<unknown>[] = [];
  const service = await startService((_req, res) => {
    closed.push(once(res, "close"));
    const write = (err?: Error | null): void => {
      // On Node 26 the error comes first.
      if (err || res.destroyed) return;
      written += CHUNK.length;
      res.write(CHUNK, write);
    };
    write();
  });
  /** How many bytes it has written when no more fit into the buffers on the way, or when that has become too many. */
  const untilStalled = async (tooMany: number): Promise<number> => {
    for (let last = -1; last !== written && written < tooMany;) {
      last = written;
      for (let time = 0; time < 200; time++) await turn();
    }
    return written;
  };
  return { ...service, closed, untilStalled };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Timeouts that no machine exceeds; a test of one of them sets its own. */
export const patient = { timeoutMs: 600_000, connectTimeoutMs: 600_000, silenceTimeoutMs: 600_000 };

/** A client that is closed after the test. */
export function attach(url: string, options: Partial<ServiceClientOptions> = {}) {
  const { logger, log } = createTestLogger();
  const client = createServiceClient({ name: "stock", url, logger, ...patient, ...options });
  clients.push(client);
  return { client, log };
}

/** A port that refuses connections. */
export async function closedPort(): Promise<number> {
  const { server } = await startService(() => undefined);
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
