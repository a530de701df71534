import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createHttpService } from "../../src/port/http-service";
import { requestTimeouts } from "../../src/port/harden";
import type { PortBoundService } from "../../src/port/service";
import { connectRaw, get } from "../../src/testing/raw-client";

const PLENTY_MS = 10_000;
const started: PortBoundService[] = [];
afterEach(async () => {
  for (const service of started.splice(0)) {
    service.destroy();
    await service.drain(0);
  }
});

/** A service whose requests wait in `held`; `/now` responds at once. Its refusals contain the error code. */
async function start() {
  const held: ServerResponse<IncomingMessage>[] = [];
  const refused: string[] = [];
  const arrivals = new EventEmitter();
  const options = { ...requestTimeouts(600_000), connectionsCheckingInterval: 5 };
  const server = createServer(options, (req, res) => {
    if (req.url === "/now") return void res.end("now");
    req.on("error", () => undefined);
    held.push(res);
    arrivals.emit("held");
  });
  const service = createHttpService({
    name: "web",
    server,
    target: { host: "127.0.0.1", port: 0 },
    refuse(code, _socket, res) {
      refused.push(`${code}${res ? ` of ${res.req.url}` : ""}`);
      return "HTTP/1.1 400 Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    },
  });
  started.push(service);
  const { port } = await service.bind();
  const untilHeld = async (count: number) => {
    while (held.length < count) await once(arrivals, "held");
  };
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const client = await connectRaw(port);
  const [side] = await accepted;
  /** Lets a request in progress time out. */
  const timeOut = () => void Object.assign(server, { requestTimeout: 1, headersTimeout: 1 });
  return { server, service, client, side, held, untilHeld, refused, timeOut };
}

const REFUSED = /HTTP\/1\.1 400 Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/;
const ONLY_REFUSED = new RegExp(`^${REFUSED.source}`);
const chunked = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n`;
const TIMEOUT = "ERR_HTTP_REQUEST_TIMEOUT";
const GARBAGE = "\x16\x03\x01\x02\x00\r\n\r\n";
const TOO_LONG = "x".repeat(20_000);

describe("an invalid request", () => {
  it.each([
    ["garbage", GARBAGE, "HPE_INVALID_METHOD"],
    ["too long a head", `GET / HTTP/1.1\r\nHost: ${TOO_LONG}`, "HPE_HEADER_OVERFLOW"],
    ["half a head that does not go on", "GET / HTTP/1.1\r\nHost: te", TIMEOUT],
  ])("is refused if it is %s, and its connection closes", async (_what, text, code) => {
    const { side, client, refused, timeOut } = await start();
    client.socket.write(text);
    while (side.bytesRead === 0) await nextTurn();
    if (code === TIMEOUT) timeOut();
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(ONLY_REFUSED);
    expect(refused).toEqual([code]);
  });

  it.each([
    ["chunks that are none", "/held", "x\r\n", "HPE_INVALID_CHUNK_SIZE"],
    ["too long chunk extensions", "/held", `1;${TOO_LONG}\r\n`, "HPE_CHUNK_EXTENSIONS_OVERFLOW"],
    ["a body that does not go on", "/held", "2\r\n1", TIMEOUT],
  ])("is refused if it has %s, whatever its handler does", async (_what, path, body, code) => {
    const { client, refused, held, untilHeld, timeOut } = await start();
    client.socket.write(chunked(path) + body);
    await untilHeld(1);
    if (code === TIMEOUT) timeOut();
    await client.until(ONLY_REFUSED);
    held[0]?.writeHead(200).end("late");
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(ONLY_REFUSED);
    expect(refused).toEqual([`${code} of ${path}`]);
  });

  it("is refused at once if the client half-closes in the middle of it", async () => {
    const { client, refused } = await start();
    client.socket.end(`${chunked("/held")}2\r\n1`);
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(ONLY_REFUSED);
    expect(refused).toEqual(["HPE_INVALID_EOF_STATE of /held"]);
  });

  it("is not handled if the rest of it arrives later", async () => {
    const { client, held, untilHeld, timeOut } = await start();
    client.socket.allowHalfOpen = true;
    client.socket.write(`${chunked("/held")}2\r\n1`);
    await untilHeld(1);
    const over = once(held[0]?.req.socket as Socket, "close");
    timeOut();
    await client.until(ONLY_REFUSED);
    client.socket.write("2\r\n0\r\n\r\n");
    await over;
    expect(held[0]?.req.complete).toBe(false);
  });

  it("is refused only once, whatever follows", async () => {
    const { client, refused } = await start();
    client.socket.write(GARBAGE);
    await client.until(ONLY_REFUSED);
    client.socket.write(GARBAGE);
    await client.closed;
    expect(client.received()).toMatch(ONLY_REFUSED);
    expect(refused).toHaveLength(1);
  });

  it.each([
    ["garbage", GARBAGE, "HPE_INVALID_METHOD"],
    ["a malformed body", `${chunked("/last")}x\r\n`, "HPE_INVALID_CHUNK_SIZE of /last"],
  ])(
    "is refused after the responses to earlier requests if it is %s",
    async (_what, text, code) => {
      const { client, refused, held, untilHeld } = await start();
      client.socket.write(get("/now") + get("/held") + text);
      await untilHeld(1);
      await client.until(/now$/);
      held[0]?.end("responded");
      expect(await client.closed).toBe("end");
      expect(client.received()).toMatch(/now(HTTP\/1\.1 200 (.*\r\n)+\r\n)responded/);
      expect(client.received()).toMatch(new RegExp(`responded${REFUSED.source}`));
      expect(refused).toEqual([code]);
      expect(held).toHaveLength(1);
    },
  );

  it("has its connection closed without another response, once its response has begun", async () => {
    const { client, refused, held, untilHeld } = await start();
    client.socket.write(`${chunked("/held")}1\r\n1\r\n`);
    await untilHeld(1);
    held[0]?.write("begun");
    await client.until(/begun\r\n$/);
    client.socket.write("x\r\n");
    await client.closed;
    expect(client.received()).toMatch(/begun\r\n$/);
    expect(refused).toEqual([]);
  });

  it("gets no second response if its body fails after the response", async () => {
    const { client, refused, timeOut } = await start();
    client.socket.write(chunked("/now"));
    await client.until(/now$/);
    timeOut();
    expect(await client.closed).toBe("end");
    expect(client.received()).toMatch(/^HTTP\/1\.1 200 [^]*now$/);
    expect(refused).toEqual([]);
  });

  it("is not refused if the connection was never used", async () => {
    const { client, refused, timeOut } = await start();
    timeOut();
    expect(await client.closed).toBe("end");
    expect([client.received(), refused]).toEqual(["", []]);
  });

  it("is not refused if the client is gone", async () => {
    const { server, client, held, untilHeld, refused } = await start();
    client.socket.write(get("/held"));
    await untilHeld(1);
    const gone = once(server, "clientError");
    client.socket.resetAndDestroy();
    await Promise.all([gone, once(held[0] as ServerResponse, "close")]);
    expect(refused).toEqual([]);
  });

  it("does not prolong a drain", async () => {
    const { service, client } = await start();
    client.socket.allowHalfOpen = true;
    client.socket.write(GARBAGE);
    await client.until(ONLY_REFUSED);
    service.beginDrain();
    await service.drain(PLENTY_MS);
  });
});
