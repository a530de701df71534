import { EventEmitter, once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { respondToHalfClosed } from "../../src/port/half-closed";
import { connectRaw, get } from "../../src/testing/raw-client";

const SILENCE_MS = 20;
const LARGE = "x".repeat(4_000_000);
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A server whose requests wait in `held`; `/now` responds at once. */
async function start(silenceMs = SILENCE_MS) {
  const held: ServerResponse[] = [];
  const arrivals = new EventEmitter();
  const server = createServer((req, res) => {
    if (req.url === "/now") return void res.end("now");
    held.push(res);
    arrivals.emit("held");
  });
  respondToHalfClosed(server, silenceMs);
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = await connectRaw((server.address() as AddressInfo).port);
  client.socket.allowHalfOpen = true;
  const untilHeld = async (count: number) => {
    while (held.length < count) await once(arrivals, "held");
    return held[count - 1] as ServerResponse;
  };
  return { client, untilHeld };
}

async function untilHalfClosed({ req }: ServerResponse): Promise<void> {
  if (!req.socket.readableEnded) await once(req.socket, "end");
}

/** Resolves once a connection that half-closes now has been probed twice. */
async function untilAsked(): Promise<void> {
  const { client } = await start();
  client.socket.end(get());
  await client.until(/^(HTTP\/1\.1 100 Continue\r\n\r\n){2}/);
}

describe("a client that half-closes after its request", () => {
  it("gets a late response", async () => {
    const { client, untilHeld } = await start(60_000);
    client.socket.end(get());
    const res = await untilHeld(1);
    await untilHalfClosed(res);
    res.end("responded");
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 [^]*responded$/);
  });

  it("gets all responses to pipelined requests", async () => {
    const { client, untilHeld } = await start(60_000);
    client.socket.end(get("/now") + get() + get("/now"));
    const res = await untilHeld(1);
    await untilHalfClosed(res);
    res.end("later");
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/now[^]*later[^]*now$/);
  });

  it("gets the rest of a response that has begun, as fast as it reads", async () => {
    const { client, untilHeld } = await start();
    client.socket.write(get());
    const res = await untilHeld(1);
    client.socket.pause();
    res.end(LARGE);
    client.socket.end();
    await untilHalfClosed(res);
    await untilAsked();
    client.socket.resume();
    expect(await client.closed).toBe("end");
    expect(client.received()).toHaveLength(
      client.received().indexOf("\r\n\r\n") + 4 + LARGE.length,
    );
  });

  it("is probed while it waits, and gets its response", async () => {
    const { client, untilHeld } = await start();
    client.socket.end(get());
    const res = await untilHeld(1);
    await client.until(/^(HTTP\/1\.1 100 Continue\r\n\r\n){2}/);
    res.end("responded");
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/Continue\r\n\r\nHTTP\/1\.1 200 [^]*responded$/);
  });

  it("is not probed in HTTP/1.0", async () => {
    const { client, untilHeld } = await start();
    client.socket.end("GET / HTTP/1.0\r\n\r\n");
    const res = await untilHeld(1);
    await untilAsked();
    res.end("responded");
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 [^]*responded$/);
  });

  it("has an idle connection closed at once", async () => {
    const { client } = await start(60_000);
    client.socket.write(get("/now"));
    await client.until(/now$/);
    client.socket.end();
    expect(await client.closed).toBe("end");
  });
});

describe("a client that is gone", () => {
  it.each<[string, (res: ServerResponse) => void, string?]>([
    ["before its response", () => undefined],
    ["before its responses", () => undefined, get() + get()],
    ["in a silent stream", (res) => res.writeHead(200).flushHeaders()],
    [
      "in a stream",
      (res) => {
        res.flushHeaders();
        const beat = setInterval(() => res.write("beat\n"), SILENCE_MS / 4);
        res.on("close", () => clearInterval(beat));
      },
    ],
  ])("is detected %s", async (_when, begin, text = get()) => {
    const { client, untilHeld } = await start();
    client.socket.write(text);
    const res = await untilHeld(1);
    begin(res);
    // A client with unread data would reset the connection, which Node detects at once.
    if (res.headersSent) await client.until(/\r\n\r\n/);
    client.socket.destroy();
    await once(res, "close");
    expect(res.writableFinished).toBe(false);
  });
});
