// The router streams bodies with backpressure, and ends them when one side disconnects.
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import type { Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { ask, closeAll, connected, exchangeBytes, startRouter, startUpstream } from "./support";

afterEach(closeAll);

const MB = 1024 * 1024;

describe("an event stream", () => {
  it("arrives event by event, with its head before the first one", async () => {
    let send = (_text: string): void => {};
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
      send = (text) => void res.write(text);
    });
    const { port } = await startRouter([upstream.port]);
    const sent = request({ port, agent: false }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
      send(event);
      const [chunk] = (await once(response, "data")) as [Buffer];
      expect(chunk.toString()).toBe(event);
    }
    sent.destroy();
  });

  it("ends at the service when its client disconnects", async () => {
    const closed: Promise<unknown>[] = [];
    const upstream = await startUpstream((_req, res) => {
      closed.push(once(res, "close"));
      res.write("data: 1\n\n");
    });
    const { port } = await startRouter([upstream.port]);
    const sent = request({ port, agent: false }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.on("error", () => {}).resume();
    sent.destroy();
    await closed[0];
  });
});

describe("a client that disconnects before the response", () => {
  it("aborts the request at the service", async () => {
    let stopped: Promise<unknown> = Promise.resolve();
    const upstream = await startUpstream((_req, res) => void (stopped = once(res, "close")));
    const { port, said } = await startRouter([upstream.port]);
    const socket = await connected(port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    while (upstream.requests === 0) await once(upstream.server, "request");
    socket.end();
    await stopped;
    expect(said).toEqual([]);
  });

  it("aborts it in the middle of the body too", async () => {
    const upstream = await startUpstream((req) => void req.resume());
    const { port, said } = await startRouter([upstream.port]);
    const socket = await connected(port);
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
    const [req] = (await once(upstream.server, "request")) as [IncomingMessage];
    const [received] =
      req.url === "/readyz"
        ? ((await once(upstream.server, "request")) as [IncomingMessage])
        : [req];
    const aborted = once(received, "error");
    socket.destroy();
    expect(((await aborted) as [NodeJS.ErrnoException])[0].code).toBe("ECONNRESET");
    expect(said).toEqual([]);
  });
});

describe("a service that disconnects in the middle of its response", () => {
  it.each([
    ["with a length", { "Content-Length": "10" }],
    ["in chunks", {}],
  ])(
    "%s leaves the client with a broken connection, not with half a response",
    async (_, headers) => {
      const upstream = await startUpstream((req, res) => {
        res.writeHead(200, headers).write("half", () => req.socket.resetAndDestroy());
      });
      const { port } = await startRouter([upstream.port]);
      await expect(ask(port)).rejects.toThrow("aborted");
    },
  );
});

/** Resolves to the number of megabytes that were read before reading paused for half a second. */
async function writeUntilStalled(to: Writable): Promise<number> {
  for (let written = 1; written < 400; written++) {
    if (to.write(Buffer.alloc(MB))) continue;
    const drained = once(to, "drain").then(() => true);
    if (!(await Promise.race([drained, delay(500, false)]))) return written;
  }
  return 400;
}

describe("a large body", () => {
  const large = Buffer.alloc(20 * MB, "0123456789abcdef!");

  it("arrives complete, in both directions at once", async () => {
    const upstream = await startUpstream((req, res) => void req.pipe(res));
    const { port } = await startRouter([upstream.port]);
    const sent = request({ port, method: "POST", agent: false }).end(large);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect((await buffer(response)).equals(large)).toBe(true);
  });

  it("waits at the service while its client does not read", async () => {
    let written: number | undefined;
    const upstream = await startUpstream((_req, res) => {
      void writeUntilStalled(res).then((count) => (written = count));
    });
    const { port } = await startRouter([upstream.port]);
    const socket = await connected(port);
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    while (written === undefined) await delay(20);
    // The buffers of three connections in the kernel, and of two in Node.
    expect(written).toBeLessThan(40);
  });

  it("waits at the client while the service does not read", async () => {
    const upstream = await startUpstream(() => {});
    const { port } = await startRouter([upstream.port]);
    const sent = request({ port, method: "POST", agent: false });
    sent.on("error", () => {});
    expect(await writeUntilStalled(sent)).toBeLessThan(40);
    sent.destroy();
  });

  it("lets the client read an early rejection by the service", async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(413).end("too large");
    });
    const { port } = await startRouter([upstream.port]);
    const agent = new Agent({ keepAlive: true });
    const response = await ask(port, "/", { method: "POST", agent }, large);
    expect([response.status, response.text, response.headers.connection]).toEqual([
      413,
      "too large",
      "close",
    ]);
  });
});

describe("a client that sends a byte at a time", () => {
  it("does not slow down others, and gets its response", async () => {
    const upstream = await startUpstream((_req, res) => res.end("body"));
    const { port } = await startRouter([upstream.port]);
    const slow = await connected(port);
    let received = "";
    slow.setEncoding("latin1").on("data", (text: string) => (received += text));
    for (const byte of "GET / HTTP/1.1\r\nHost: a\r\n\r\n") {
      slow.write(byte);
      expect((await ask(port)).text).toBe("body");
    }
    while (!received.endsWith("body")) await once(slow, "data");
  });
});

describe("pipelined requests", () => {
  it("get their responses in order", async () => {
    let inFlight = 0;
    const upstream = await startUpstream((req, res) => {
      expect(++inFlight).toBe(1);
      setTimeout(() => {
        inFlight--;
        res.end(`${req.url};`);
      }, 20);
    });
    const { port } = await startRouter([upstream.port]);
    const get = (path: string, connection: string) =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`;
    const bytes = await exchangeBytes(
      port,
      get("/1", "keep-alive") + get("/2", "keep-alive") + get("/3", "close"),
    );
    expect(bytes.match(/\/\d;/g)).toEqual(["/1;", "/2;", "/3;"]);
  });
});
