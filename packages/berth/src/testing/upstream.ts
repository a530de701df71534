// Another HTTP service on a real port, whose responses a test decides.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { atEnd } from "./cleanup";

/** A request that an upstream has received. */
export interface UpstreamRequest {
  method: string;
  /** The path and query. */
  url: string;
  headers: IncomingHttpHeaders;
}

/** A running server, which can stop and start again. */
export interface TestUpstream {
  /** Its URL, whether or not it runs. */
  readonly url: string;
  /** All requests so far. */
  readonly requests: UpstreamRequest[];
  /** Handles the next requests. */
  respond: RequestListener;
  /** Stops listening, and closes open connections. */
  stop(): Promise<void>;
  /** Listens on the same port again. */
  start(): Promise<void>;
}

/**
 * Starts a server on a free loopback port; it stops after the test file.
 * @param respond Handles its requests, such as an Express app; one that does nothing never responds.
 */
export async function startUpstream(respond: RequestListener): Promise<TestUpstream> {
  const server = createServer((req, res) => {
    const { method = "", url = "", headers } = req;
    upstream.requests.push({ method, url, headers });
    upstream.respond(req, res);
  });
  const listen = (port: number) => once(server.listen(port, "127.0.0.1"), "listening");
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const upstream: TestUpstream = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    respond,
    async stop() {
      if (!server.listening) return;
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
    async start() {
      if (!server.listening) await listen(port);
    },
  };
  atEnd(() => upstream.stop());
  return upstream;
}
