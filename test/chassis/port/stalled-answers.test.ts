import { EventEmitter, once } from "node:events";
import type { ServerResponse } from "node:http";
import { startHttpService } from "../support/http-service";
import { connectRaw, get } from "../support/raw-client";

/** More than a system takes for a client that does not read. */
const LARGE = Buffer.alloc(40_000_000);
const TIMEOUT_MS = 150;

async function start(responseTimeoutMs: number) {
  const held: ServerResponse[] = [];
  const arrivals = new EventEmitter();
  const { service, port } = await startHttpService(
    (req, res) => {
      if (req.url === "/large") {
        res.end(LARGE);
        arrivals.emit("large", res);
      } else if (req.url === "/stream") held.push(res.writeHead(200, { "Content-Length": 4 }));
      else held.push(res);
    },
    { responseTimeoutMs },
  );
  const ask = async (path: string) => {
    const client = await connectRaw(port);
    client.socket.write(get(path));
    return client;
  };
  /** Asks for much and does not read; resolves, once the answer has begun, with when the service cuts it. */
  const stall = async () => {
    const client = await connectRaw(port);
    client.socket.pause().write(get("/large"));
    const [res] = (await once(arrivals, "large")) as [ServerResponse];
    return { cut: once(res, "close") };
  };
  return { service, port, held, ask, stall };
}

describe("a client that does not read its answer", () => {
  it("is cut after its time, unlike a slow handler, a silent stream and a slow reader", async () => {
    const { held, ask, stall } = await start(TIMEOUT_MS);
    const slow = await ask("/slow");
    const stream = await ask("/stream");
    const reader = await ask("/large");
    let bytes = 0;
    reader.socket.removeAllListeners("data").on("data", (data: Buffer) => {
      bytes += data.length;
      reader.socket.pause();
      setImmediate(() => reader.socket.resume());
    });
    for (let times = 0; times < 3; times++) await (await stall()).cut;
    for (const res of held) res.end("done");
    await Promise.all([slow.until(/done$/), stream.until(/done$/)]);
    while (bytes < LARGE.length) await once(reader.socket, "data");
  });

  it("does not hold a drain", async () => {
    const { service, stall } = await start(60_000);
    const { cut } = await stall();
    service.beginDrain();
    await Promise.all([service.drain(1000), cut]);
  });

  it("does not hold a drain when it stops reading later", async () => {
    const { service, port } = await startHttpService(
      (req, res) => res.end(req.url === "/large" ? LARGE : "small"),
      { responseTimeoutMs: 60_000 },
    );
    const client = await connectRaw(port);
    client.socket.write(get());
    await client.until(/small$/);
    service.beginDrain();
    const drained = service.drain(1000);
    client.socket.pause().write(get("/large"));
    await drained;
  });
});

describe("an idle connection", () => {
  it("ends after the server's own time", async () => {
    const { server, port } = await startHttpService(undefined, { responseTimeoutMs: 60_000 });
    server.keepAliveTimeout = TIMEOUT_MS;
    const client = await connectRaw(port);
    client.socket.write(get("/now"));
    await client.until(/now$/);
    expect(await client.closed).toBe("end");
  });
});

describe("a handler's own timeout", () => {
  it("ends the connection, as without RESPONSE_TIMEOUT_MS", async () => {
    const { port } = await startHttpService((_req, res) => void res.setTimeout(50));
    const client = await connectRaw(port);
    client.socket.write(get());
    expect(await client.closed).toBe("end");
  });

  it("is the handler's when it has a callback", async () => {
    const { port } = await startHttpService((_req, res) => {
      res.setTimeout(50, () => res.end("late"));
    });
    const client = await connectRaw(port);
    client.socket.write(get());
    await client.until(/late$/);
  });
});

describe("a connection without a request", () => {
  it("is not concerned", async () => {
    const { port } = await startHttpService(undefined, { responseTimeoutMs: 50 });
    const [unused, slow] = await Promise.all([connectRaw(port), connectRaw(port)]);
    slow.socket.write("GET /now HTTP/1.1\r\nHo");
    await new Promise((resolve) => setTimeout(resolve, 300));
    unused.socket.write(get("/now"));
    slow.socket.write("st: test\r\n\r\n");
    await Promise.all([unused.until(/now$/), slow.until(/now$/)]);
  });
});
