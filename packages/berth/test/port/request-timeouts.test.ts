import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { requestTimeouts } from "../../src/port/harden";
import { connectRaw, get } from "../../src/testing/raw-client";

const TIMEOUT_MS = 100;
const NEVER_MS = 600_000;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function start(handler: RequestListener) {
  const server = createServer(
    { ...requestTimeouts(TIMEOUT_MS), keepAliveTimeout: 60_000 },
    handler,
  );
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

const HALF_A_HEAD = "GET / HTTP/1.1\r\nHost: te";
const HALF_A_BODY = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n1";

describe("a request", () => {
  it.each([
    ["head", HALF_A_HEAD],
    ["body", HALF_A_BODY],
  ])("gets 408 if its %s is never completed", async (_part, text) => {
    const { port } = await start((req) => req.on("error", () => undefined));
    const client = await connectRaw(port);
    client.socket.write(text);
    await client.until(/^HTTP\/1\.1 408 /);
    expect(await client.closed).toBe("end");
  });

  it("gets 408 even if its head keeps arriving byte by byte", async () => {
    const { port } = await start(() => undefined);
    const client = await connectRaw(port);
    client.socket.write(HALF_A_HEAD);
    const trickle = setInterval(() => client.socket.write("x"), 10);
    await client.until(/^HTTP\/1\.1 408 /);
    clearInterval(trickle);
  });

  it("limits neither a long response nor an idle connection", async () => {
    const held: ServerResponse[] = [];
    const { server, port } = await start((req, res) => {
      if (req.url === "/slow") {
        held.push(res);
        res.flushHeaders();
      } else res.end("now");
    });
    const limits = { requestTimeout: server.requestTimeout, headersTimeout: server.headersTimeout };
    Object.assign(server, { requestTimeout: NEVER_MS, headersTimeout: NEVER_MS });
    const [slow, idle] = [await connectRaw(port), await connectRaw(port)];
    slow.socket.write(get("/slow"));
    idle.socket.write(get());
    await Promise.all([slow.until(/\r\n\r\n$/), idle.until(/now$/)]);
    Object.assign(server, limits);
    const cut = await connectRaw(port);
    cut.socket.write(HALF_A_HEAD);
    await cut.closed;
    held[0]?.end("done");
    idle.socket.write(get());
    await Promise.all([slow.until(/done/), idle.until(/now[^]*now$/)]);
  });
});

describe("requestTimeouts", () => {
  it("gives a head at most a minute, and enforces both limits to within 5 %", () => {
    expect(requestTimeouts(60_000)).toEqual({
      requestTimeout: 60_000,
      headersTimeout: 60_000,
      connectionsCheckingInterval: 3_000,
    });
    expect(requestTimeouts(600_000)).toMatchObject({
      headersTimeout: 60_000,
      connectionsCheckingInterval: 3_000,
    });
  });
});
