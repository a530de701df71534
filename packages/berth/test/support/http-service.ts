// An HTTP service on a free port, whose responses a test controls.
import { EventEmitter, once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createHttpService, type HttpServiceOptions } from "../../src/port/http-service";
import type { PortBoundService } from "../../src/port/service";

/** A bound service, and the requests so far. */
export interface TestHttpService {
  service: PortBoundService;
  server: Server;
  port: number;
  /** The responses to the requests that wait. */
  held: ServerResponse[];
  /** Resolves when that many requests wait. */
  untilHeld: (count: number) => Promise<void>;
}

const started: PortBoundService[] = [];
afterEach(async () => {
  for (const service of started.splice(0)) {
    service.destroy();
    await service.drain(0);
  }
});

/** Starts a service; without a handler, requests wait in `held` for the test, but `/now` responds at once. */
export async function startHttpService(
  handler?: RequestListener,
  options: Partial<HttpServiceOptions> = {},
): Promise<TestHttpService> {
  const held: ServerResponse[] = [];
  const arrivals = new EventEmitter();
  const server = createServer(
    { keepAliveTimeout: 60_000 },
    handler ??
      ((req, res) => {
        if (req.url === "/now") return void res.end("now");
        held.push(res);
        arrivals.emit("held");
      }),
  );
  const target = { host: "127.0.0.1", port: 0 };
  const service = createHttpService({ name: "web", server, target, ...options });
  started.push(service);
  const { port } = await service.bind();
  const untilHeld = async (count: number) => {
    while (held.length < count) await once(arrivals, "held");
  };
  return { service, server, port, held, untilHeld };
}
