import { EventEmitter, once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { trackHttpConnections } from "../../src/port/http-connections";
import { connectRaw, get } from "../../src/testing/raw-client";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));

/** A tracked server whose requests wait in `held`; `/now` responds at once, and every upgrade is accepted. */
async function start() {
  const held: ServerResponse[] = [];
  const arrivals = new EventEmitter();
  const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    if (req.url === "/now") return void res.end("now");
    held.push(res);
    arrivals.emit("held");
  });
  const connections = trackHttpConnections(server);
  server.on("upgrade", (_req, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    socket.on("error", () => undefined).resume();
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");

  /** A client, and the server's side of its connection. */
  const open = async () => {
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const client = await connectRaw((server.address() as AddressInfo).port);
    const [side] = await accepted;
    return { ...client, side };
  };
  const openIdle = async () => {
    const client = await open();
    client.socket.write(get("/now"));
    await client.until(/now$/);
    return client;
  };
  const openBusy = async () => {
    const client = await open();
    client.socket.write(get());
    await once(arrivals, "held");
    return { ...client, res: held.at(-1) as ServerResponse };
  };
  const openUpgraded = async (protocol: string) => {
    const client = await open();
    client.socket.write(
      `GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    );
    await client.until(/101/);
    return client;
  };
  return { server, connections, open, openIdle, openBusy, openUpgraded };
}

describe("the connections of an HTTP server", () => {
  it("are closed when idle, and never with a request in flight", async () => {
    const { connections, open, openIdle, openBusy } = await start();
    const [unused, idle, busy] = [await open(), await openIdle(), await openBusy()];
    connections.endIdle("unused");
    expect(await unused.closed).toBe("end");
    idle.socket.write(get("/now"));
    await idle.until(/now[^]*now$/);
    connections.endIdle("used");
    expect(await idle.closed).toBe("end");
    busy.res.end("responded");
    await busy.until(/responded$/);
    // This one was not closed.
    busy.socket.write(get("/now"));
    await busy.until(/now$/);
  });

  it("are closed after the responses in progress", async () => {
    const { connections, openBusy } = await start();
    const [begun, waiting] = [await openBusy(), await openBusy()];
    begun.res.write("begun");
    await begun.until(/begun/);
    connections.closeAfterResponse();
    for (const { res } of [begun, waiting]) res.end("responded");
    expect([await begun.closed, await waiting.closed]).toEqual(["end", "end"]);
    expect(begun.received()).toMatch(/begun[^]*responded\r\n0\r\n\r\n$/);
    expect(waiting.received()).toMatch(/Connection: close\r\n[^]*responded$/);
  });

  it("are keep-alive only between requests", async () => {
    const { connections, open, openIdle, openBusy } = await start();
    const [unused, idle, busy] = [await open(), await openIdle(), await openBusy()];
    const states = () => [unused, idle, busy].map(({ side }) => connections.isKeptAlive(side));
    expect(states()).toEqual([false, true, false]);
    idle.socket.destroy();
    await once(idle.side, "close");
    expect(states()).toEqual([false, false, false]);
  });

  it("have a latest response until it and its request are complete", async () => {
    const { connections, open, openIdle, openBusy } = await start();
    const [unused, idle, busy] = [await open(), await openIdle(), await openBusy()];
    const latest = () => [unused, idle, busy].map(({ side }) => connections.latest(side));
    expect(latest()).toEqual([undefined, undefined, busy.res]);
    // The response comes before the request's body.
    idle.socket.write("POST /now HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n");
    await idle.until(/now[^]*now$/);
    busy.res.end("responded");
    await busy.until(/responded$/);
    expect(latest()).toEqual([undefined, expect.objectContaining({ destroyed: true }), undefined]);
    const gone = new Promise((resolve) => idle.side.once("close", resolve));
    idle.socket.destroy();
    await gone;
    expect(latest()).toEqual([undefined, undefined, undefined]);
  });

  it("give their clients less time to read after `setResponseTimeout`, unless they are idle", async () => {
    const { server, connections, open, openIdle, openBusy } = await start();
    const clients = [await open(), await openIdle(), await openBusy()];
    const [unusedMs, idleMs] = clients.map(({ side }) => side.timeout);
    connections.setResponseTimeout(50_000);
    expect(clients.map(({ side }) => side.timeout)).toEqual([unusedMs, idleMs, 50_000]);
    expect([server.timeout, (await open()).side.timeout]).toEqual([50_000, 50_000]);
  });
});

describe("a request on another server's connection", () => {
  it("is handled like the server's own", async () => {
    const { server } = await start();
    const other = createServer((req, res) => void server.emit("request", req, res));
    servers.push(other);
    await once(other.listen(0, "127.0.0.1"), "listening");
    const client = await connectRaw((other.address() as AddressInfo).port);
    client.socket.write(get("/now"));
    await client.until(/now$/);
  });
});

describe("an upgraded connection", () => {
  it("is not closed as idle", async () => {
    const { connections, openUpgraded } = await start();
    const client = await openUpgraded("x");
    connections.endIdle("used");
    connections.endIdle("unused");
    client.side.write("still here");
    await client.until(/still here$/);
  });

  it("gets a Close frame if it is a WebSocket, otherwise FIN", async () => {
    const { connections, openIdle, openUpgraded } = await start();
    const [webSocket, other] = [await openUpgraded("WebSocket"), await openUpgraded("x")];
    const idle = await openIdle();
    connections.closeUpgraded();
    expect(await webSocket.until(/\r\n\r\n.{4}$/s)).toMatch("\r\n\r\n\x88\x02\x03\xe9");
    expect(await other.closed).toBe("end");
    expect([webSocket.side.writable, idle.side.writable]).toEqual([true, true]);
  });

  it("is destroyed after its Close frame, unlike others", async () => {
    const { connections, openBusy, openUpgraded } = await start();
    const [upgraded, busy] = [await openUpgraded("websocket"), await openBusy()];
    connections.destroyUpgraded();
    await upgraded.closed;
    busy.res.end("responded");
    await busy.until(/responded$/);
  });

  it("is destroyed with all other connections", async () => {
    const { connections, open, openBusy, openUpgraded } = await start();
    const clients = [await open(), await openBusy(), await openUpgraded("x")];
    connections.destroy();
    for (const client of clients) await client.closed;
  });
});
