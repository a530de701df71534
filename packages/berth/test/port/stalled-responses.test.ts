import { EventEmitter, once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { startHttpService } from "../support/http-service";
import { connectRaw, get } from "../../src/testing/raw-client";
import { endSocketTimer } from "../../src/testing/timers";

/** More than the kernel buffers for a client that does not read. */
const LARGE = Buffer.alloc(40_000_000);
/** More than the kernels buffer on both sides, so that a client that has read this much has let the service write more. */
const PART = LARGE.length / 4;
const NEVER_MS = 600_000;

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
  /** Requests much data and does not read it; resolves, once the response has begun, with the time when it is closed. */
  const stall = async () => {
    const client = await connectRaw(port);
    client.socket.pause().write(get("/large"));
    const [res] = (await once(arrivals, "large")) as [ServerResponse];
    return { res, cut: once(res, "close") };
  };
  return { service, held, arrivals, ask, stall };
}

describe("a client that does not read its response", () => {
  it("is disconnected after the timeout", async () => {
    const { stall } = await start(50);
    await (
      await stall()
    ).cut;
  });

  it("is disconnected after the timeout, unlike those of a slow handler and a silent stream", async () => {
    const { held, ask, stall } = await start(NEVER_MS);
    const [slow, stream] = [await ask("/slow"), await ask("/stream")];
    const { res, cut } = await stall();
    // At first, some of the response has been read.
    for (let times = 0; times < 2; times++) {
      for (const { socket } of [res, ...held]) endSocketTimer(socket);
    }
    await cut;
    for (const of of held) of.end("done");
    await Promise.all([slow.until(/done$/), stream.until(/done$/)]);
  });

  it("is not disconnected while it reads, however slowly", async () => {
    const { arrivals, ask } = await start(NEVER_MS);
    const begun = once(arrivals, "large") as Promise<[ServerResponse]>;
    const { socket } = await ask("/large");
    let bytes = 0;
    socket.removeAllListeners("data").on("data", (data: Buffer) => (bytes += data.length));
    const [res] = await begun;
    for (let part = 1; part <= 3; part++) {
      while (bytes < part * PART) await once(socket.resume(), "data");
      socket.pause();
      endSocketTimer(res.socket);
    }
    socket.resume();
    while (bytes < LARGE.length) await once(socket, "data");
  });

  it("does not prolong a drain", async () => {
    const { service, stall } = await start(NEVER_MS);
    const { cut } = await stall();
    service.beginDrain();
    await Promise.all([service.drain(1000), cut]);
  });

  it("does not prolong a drain if it stops reading later", async () => {
    const { service, port } = await startHttpService(
      (req, res) => res.end(req.url === "/large" ? LARGE : "small"),
      { responseTimeoutMs: NEVER_MS },
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
  it("closes after the server's own timeout", async () => {
    const { server, port } = await startHttpService(undefined, { responseTimeoutMs: NEVER_MS });
    server.keepAliveTimeout = 150;
    const client = await connectRaw(port);
    client.socket.write(get("/now"));
    await client.until(/now$/);
    expect(await client.closed).toBe("end");
  });
});

describe("a handler's own timeout", () => {
  it("closes the connection, as without RESPONSE_TIMEOUT_MS", async () => {
    const { port } = await startHttpService((_req, res) => void res.setTimeout(50));
    const client = await connectRaw(port);
    client.socket.write(get());
    expect(await client.closed).toBe("end");
  });

  it("calls the handler's callback instead if there is one", async () => {
    const { port } = await startHttpService((_req, res) => {
      res.setTimeout(50, () => res.end("late"));
    });
    const client = await connectRaw(port);
    client.socket.write(get());
    await client.until(/late$/);
  });
});

describe("a connection without a request", () => {
  it("is not affected", async () => {
    const { server, port } = await startHttpService(undefined, { responseTimeoutMs: NEVER_MS });
    const sockets: Socket[] = [];
    server.on("connection", (socket: Socket) => sockets.push(socket));
    const [unused, slow] = [await connectRaw(port), await connectRaw(port)];
    slow.socket.write("GET /now HTTP/1.1\r\nHo");
    while (!sockets[1]?.bytesRead) await nextTurn();
    for (const socket of sockets) endSocketTimer(socket);
    unused.socket.write(get("/now"));
    slow.socket.write("st: test\r\n\r\n");
    await Promise.all([unused.until(/now$/), slow.until(/now$/)]);
  });
});
