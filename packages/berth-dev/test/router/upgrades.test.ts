// WebSockets and other upgraded connections through the router.
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import {
  ask,
  closeAll,
  connected,
  exchangeBytes,
  startRouter,
  startUpstream,
  type Upstream,
} from "./support";

afterEach(closeAll);

/** Echoes messages. `connections` has the server's side of each connection. */
async function startEcho(): Promise<{
  upstream: Upstream;
  connections: WebSocket[];
  heads: IncomingMessage[];
}> {
  const upstream = await startUpstream((_req, res) => res.end("no WebSocket"));
  const connections: WebSocket[] = [];
  const heads: IncomingMessage[] = [];
  new WebSocketServer({ server: upstream.server, path: "/echo" }).on(
    "connection",
    (socket, req) => {
      connections.push(socket);
      heads.push(req);
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    },
  );
  return { upstream, connections, heads };
}

async function opened(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, {
    headers: { "X-Forwarded-For": "192.0.2.1" },
  });
  await once(socket, "open");
  return socket;
}

describe("a WebSocket", () => {
  it("carries messages both ways, with the client's address", async () => {
    const { upstream, heads } = await startEcho();
    const { port } = await startRouter([upstream.port]);
    const socket = await opened(port);
    for (const message of ["small", "x".repeat(1_000_000)]) {
      socket.send(message);
      const [echo] = (await once(socket, "message")) as [Buffer];
      expect(echo.toString()).toBe(message);
    }
    expect(heads[0]?.headers).toMatchObject({
      "x-forwarded-for": "192.0.2.1, 127.0.0.1",
      "x-forwarded-port": `${port}`,
      "x-request-id": expect.any(String) as string,
    });
    socket.close(4000, "done");
    const [code, reason] = (await once(socket, "close")) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4000, "done"]);
  });

  it("ends on both sides, whichever side ends it", async () => {
    const { upstream, connections } = await startEcho();
    const { port } = await startRouter([upstream.port]);

    const leaving = await opened(port);
    const left = once(connections[0]!, "close");
    leaving.terminate();
    expect((await left)[0]).toBe(1006);

    const cut = await opened(port);
    connections[1]!.terminate();
    expect((await once(cut, "close"))[0]).toBe(1006);
  });

  it("is closed when the router stops", async () => {
    const { upstream, connections } = await startEcho();
    const { port, router } = await startRouter([upstream.port]);
    const socket = await opened(port);
    const closed = once(socket, "close");
    const closedThere = once(connections[0]!, "close");
    await router.close();
    expect((await closed)[0]).toBe(1001);
    await closedThere;
  });

  it("goes to the next instance when one refuses connections", async () => {
    const { upstream } = await startEcho();
    const gone = await startUpstream((_req, res) => res.end("gone"));
    const { port } = await startRouter([gone.port, upstream.port]);
    while ((await ask(port)).text !== "gone");
    await gone.stop();
    for (let i = 0; i < 2; i++) (await opened(port)).terminate();
  });
});

describe("an upgrade request", () => {
  const upgrade = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`;

  it("gets a normal response from a service that ignores the upgrade", async () => {
    const upstream = await startUpstream((req, res) => res.end(`no ${req.headers.upgrade}`));
    const { port } = await startRouter([upstream.port]);
    const bytes = await exchangeBytes(port, upgrade("/"));
    expect(bytes).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*no h2c/);
    expect(bytes).toMatch(/\r\nConnection: close\r\n/);
  });

  it("is forwarded without Upgrade if it has a body", async () => {
    const upstream = await startUpstream((req, res) => {
      res.write(`${req.method} ${req.headers.upgrade} `);
      req.pipe(res);
    });
    upstream.server.on("upgrade", (_req, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const { port } = await startRouter([upstream.port]);
    const headers = {
      Connection: "Upgrade, HTTP2-Settings",
      Upgrade: "h2c",
      "HTTP2-Settings": "AAMAAABk",
    };
    const response = await ask(port, "/", { method: "POST", headers }, "body");
    expect([response.status, response.text]).toEqual([200, "POST undefined body"]);
  });

  it("responds with a problem when no instance is ready", async () => {
    const { port } = await startRouter([1], { timeouts: { readyMs: 1 } });
    expect(await exchangeBytes(port, upgrade("/"))).toMatch(/^HTTP\/1\.1 503 [^]*"status":503/);
  });

  it("forwards the bytes that either side sends along with it", async () => {
    const upstream = await startUpstream(() => {});
    upstream.server.on("upgrade", (_req, socket, head) => {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nX-A: 1\r\n\r\nhello ",
      );
      socket.write(head);
      socket.pipe(socket);
    });
    const { port } = await startRouter([upstream.port]);
    const socket = await connected(port);
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => (received += text));
    socket.write(`${upgrade("/")}early `);
    while (!received.endsWith("hello early ")) await once(socket, "data");
    expect(received).toMatch(
      /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*\r\nX-A: 1\r\n\r\nhello early $/,
    );
    socket.end("late");
    await once(socket, "end");
    expect(received).toMatch(/hello early late$/);
  });
});
