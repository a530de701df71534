import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { createHttpService } from "../../src/port/http-service";
import { startHttpService as start } from "../support/http-service";
import { connectRaw, get } from "../../src/testing/raw-client";
import { holdTimeouts } from "../../src/testing/timers";

const PLENTY_MS = 10_000;

/** After the response that accepts the upgrade, a Close frame with status 1001. */
const FAREWELL = / 101 [^]*\r\n\r\n\x88[^]{2}\xe9/;
const UPGRADE_TO_WEBSOCKET =
  "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

describe("an HTTP service", () => {
  it("is not ready before it is bound", () => {
    const target = { host: "127.0.0.1", port: 0 };
    const service = createHttpService({ name: "web", server: createServer(), target });
    expect(service.isReady()).toBe(false);
  });
});

describe("a draining HTTP service", () => {
  it("is ready between binding and draining", async () => {
    const { service, port } = await start();
    expect(service.isReady()).toBe(true);
    service.beginDrain();
    expect(service.isReady()).toBe(false);
    const late = await connectRaw(port);
    late.socket.write(get("/now"));
    expect(await late.until(/now$/)).toMatch(
      /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Connection: close\r\n/,
    );
    expect(await late.closed).toBe("end");
  });

  it("finishes requests in flight with Connection: close, and closes their connections", async () => {
    const { service, port, held, untilHeld } = await start();
    const client = await connectRaw(port);
    client.socket.write(get());
    await untilHeld(1);
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    held[0]?.end("done");
    expect(await client.until(/done$/)).toContain("Connection: close\r\n");
    expect(await client.closed).toBe("end");
    await drained;
  });

  it("finishes a response whose head was already sent, and closes its connection", async () => {
    const { service, port, held, untilHeld } = await start();
    const client = await connectRaw(port);
    client.socket.write(get());
    await untilHeld(1);
    held[0]?.write("first ");
    await client.until(/first/);
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    held[0]?.end("last");
    await client.until(/last\r\n0\r\n\r\n$/);
    expect(await client.closed).toBe("end");
    await drained;
  });

  it("reads an incomplete body to its end", async () => {
    const { service, port } = await start((req, res) => {
      let body = "";
      req
        .on("data", (chunk: Buffer) => (body += chunk.toString()))
        .on("end", () => res.end(`got ${body}`));
      res.writeProcessing();
    });
    const client = await connectRaw(port);
    client.socket.write("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\nhalf");
    await client.until(/102 Processing/);
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    client.socket.write("half");
    expect(await client.until(/got halfhalf$/)).toContain("Connection: close\r\n");
    await drained;
  });

  it("lets long-lived responses end when draining begins", async () => {
    const draining = new AbortController();
    const { service, port } = await start((_req, res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n");
      draining.signal.addEventListener("abort", () => res.end("data: bye\n\n"));
    });
    const client = await connectRaw(port);
    client.socket.write(get());
    await client.until(/data: 1/);
    service.beginDrain();
    draining.abort();
    await service.drain(PLENTY_MS);
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/data: bye\n\n\r\n0\r\n\r\n$/);
  });

  it("refuses new connections", async () => {
    const { service, port, held, untilHeld } = await start();
    const client = await connectRaw(port);
    client.socket.write(get());
    await untilHeld(1);
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    await expect(connectRaw(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    held[0]?.end();
    await drained;
  });

  it("serves a request on an idle connection within the grace period", async () => {
    const { service, port } = await start();
    const client = await connectRaw(port);
    client.socket.write(get("/now"));
    await client.until(/now$/);
    holdTimeouts();
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    jest.advanceTimersByTime(1900);
    client.socket.write(get("/now"));
    await client.until(/now[^]*now$/);
    expect(await client.closed).toBe("end");
    await drained;
  });

  it("serves a request after a response without Connection: close", async () => {
    const { service, port, held, untilHeld } = await start();
    const client = await connectRaw(port);
    client.socket.write(get());
    await untilHeld(1);
    held[0]?.write("first ");
    await client.until(/first/);
    holdTimeouts();
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    const over = once(held[0]!, "close");
    held[0]?.end("last");
    await Promise.all([over, client.until(/last\r\n0\r\n\r\n$/)]);
    jest.advanceTimersByTime(200);
    client.socket.write(get("/now"));
    expect(await client.until(/now$/)).toContain("Connection: close\r\n");
    expect(await client.closed).toBe("end");
    await drained;
  });

  it.each([
    ["request", get()],
    ["upgrade", UPGRADE_TO_WEBSOCKET],
  ])("does not emit %s for a request that arrives after FIN was sent", async (event, late) => {
    const { service, server, port } = await start();
    const client = await connectRaw(port);
    client.socket.allowHalfOpen = true;
    client.socket.write(get("/now"));
    await client.until(/now$/);
    const handled = jest.fn();
    server.on(event, handled);
    client.socket.once("end", () => client.socket.write(late));
    service.beginDrain();
    await service.drain(200);
    expect(handled).not.toHaveBeenCalled();
  });

  it("is not kept open by idle or unused connections", async () => {
    const { service, port } = await start();
    const unused = await connectRaw(port);
    const idle = await connectRaw(port);
    idle.socket.write(get("/now"));
    await idle.until(/now$/);
    service.beginDrain();
    await service.drain(200);
    expect([await unused.closed, await idle.closed]).toEqual(["end", "end"]);
  });

  it("is not kept open by a peer that never closes its side", async () => {
    const { service, port } = await start();
    const client = await connectRaw(port);
    // A client that does not read never sees the FIN, and so never sends its own.
    client.socket.removeAllListeners("data").pause();
    client.socket.allowHalfOpen = true;
    service.beginDrain();
    await service.drain(200);
  });

  it("sends WebSockets a Close frame", async () => {
    const { service, server, port } = await start();
    const wss = new WebSocketServer({ server });
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, "open");
    service.beginDrain();
    const closed = once(socket, "close");
    await service.drain(PLENTY_MS);
    expect((await closed)[0]).toBe(1001);
    wss.close();
  });

  it("sends a Close frame to a WebSocket that begins on an idle connection", async () => {
    const { service, server, port } = await start();
    const wss = new WebSocketServer({ server });
    const client = await connectRaw(port);
    client.socket.write(get("/now"));
    await client.until(/now$/);
    holdTimeouts();
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    client.socket.write(UPGRADE_TO_WEBSOCKET);
    await client.until(FAREWELL);
    client.socket.destroy();
    await drained;
    wss.close();
  });

  it("sends a Close frame to a WebSocket only after it is accepted", async () => {
    const { service, server, port } = await start();
    const wss = new WebSocketServer({ noServer: true });
    const asked = once(server, "upgrade");
    const client = await connectRaw(port);
    client.socket.write(UPGRADE_TO_WEBSOCKET);
    const [req, socket, head] = (await asked) as [IncomingMessage, Duplex, Buffer];
    service.beginDrain();
    const drained = service.drain(200);
    wss.handleUpgrade(req, socket, head, () => undefined);
    await client.until(FAREWELL);
    expect(await client.closed).toBe("end");
    await drained;
    wss.close();
  });

  it("destroys upgraded connections that do not respond to the Close frame", async () => {
    const { service, server, port } = await start(undefined, { isUpgrade: () => true });
    server.on("upgrade", (_req, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    });
    const client = await connectRaw(port);
    client.socket.allowHalfOpen = true;
    client.socket.write(
      "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    );
    await client.until(/101/);
    service.beginDrain();
    await service.drain(200);
  });

  it("handles an upgrade request like any other without a listener", async () => {
    const { port } = await start();
    const client = await connectRaw(port);
    client.socket.write(
      "GET /now HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    );
    await client.until(/now$/);
    client.socket.destroy();
  });

  it("destroys all remaining connections in `destroy`", async () => {
    const { service, port, untilHeld } = await start();
    const client = await connectRaw(port);
    client.socket.write(get());
    await untilHeld(1);
    service.beginDrain();
    const drained = service.drain(PLENTY_MS);
    service.destroy();
    await drained;
    await client.closed;
    expect(client.received()).toBe("");
  });
});

describe("an HTTP service with WebSockets mounted", () => {
  const H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";

  /** Echoes request bodies, and greets WebSockets at `/live`. */
  async function startWithWebSockets() {
    const started = await start((req, res) => {
      let body = "";
      req.setEncoding("utf8").on("data", (text) => (body += text));
      req.on("end", () => res.end(`<${req.method} ${req.url} ${body}>`));
    });
    const wss = new WebSocketServer({ server: started.server, path: "/live" });
    wss.on("connection", (socket) => socket.send("ahoy"));
    return { ...started, wss };
  }

  it.each([
    ["a GET that offers h2c", `GET /1 HTTP/1.1\r\nHost: t\r\n${H2C}\r\n`, "<GET /1 >"],
    [
      "a POST that offers h2c",
      `POST /1 HTTP/1.1\r\nHost: t\r\n${H2C}Content-Length: 4\r\n\r\nbody`,
      "<POST /1 body>",
    ],
    [
      "a chunked PUT that offers h2c",
      `PUT /1 HTTP/1.1\r\nHost: t\r\n${H2C}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
      "<PUT /1 body>",
    ],
    [
      "TLS",
      "OPTIONS * HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n",
      "<OPTIONS * >",
    ],
    [
      "a POST that is no handshake",
      "POST /live HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx",
      "<POST /live x>",
    ],
  ])("handles %s like any other request, and the next ones", async (_what, request, response) => {
    const { port, wss } = await startWithWebSockets();
    const client = await connectRaw(port);
    client.socket.write(request);
    await client.until(/>$/);
    client.socket.write(get("/2"));
    const received = await client.until(/<GET \/2 >/);
    expect(received.match(/HTTP\/1\.1 \d+|<[^>]*>/g)).toEqual([
      "HTTP/1.1 200",
      response,
      "HTTP/1.1 200",
      "<GET /2 >",
    ]);
    client.socket.write(UPGRADE_TO_WEBSOCKET.replace("GET /", "GET /live"));
    await client.until(/ 101 [^]*ahoy$/);
    client.socket.destroy();
    wss.close();
  });

  it("upgrades requests that `isUpgrade` accepts", async () => {
    const { port, server } = await start(undefined, {
      isUpgrade: ({ headers }) => headers.upgrade === "echo",
    });
    server.on("upgrade", (_req, socket: Duplex) => socket.end("HTTP/1.1 101 x\r\n\r\n"));
    const client = await connectRaw(port);
    client.socket.write(
      "GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
    );
    await client.until(/ 101 /);
  });
});
