import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import request from "supertest";
import { createLogger } from "../../src/process/logger";
import { createTestApp } from "../../src/testing/app";
import { connectRaw, get } from "../../src/testing/raw-client";

describe("the access log", () => {
  it("has one line for each request, without the query", async () => {
    const { app, log } = createTestApp();
    await request(app).get("/livez?token=secret").set("X-Request-Id", "r1");
    expect(log).toEqual([
      {
        level: "info",
        time: expect.any(Number) as number,
        requestId: "r1",
        route: "/livez",
        method: "GET",
        path: "/livez",
        status: 200,
        durationMs: expect.any(Number) as number,
        bytes: expect.any(Number) as number,
        client: "127.0.0.1",
        msg: "request",
      },
    ]);
    expect(log[0]?.bytes).toBeGreaterThan(500);
  });

  it("respects the logger's options that change every line", async () => {
    const lines: string[] = [];
    const logger = createLogger(
      "info",
      { write: (line: string) => void lines.push(line) },
      {
        base: { service: "shop" },
        formatters: { level: (label) => ({ severity: label.toUpperCase() }) },
        mixin: () => ({ region: "north" }),
        redact: ["client"],
        messageKey: "message",
      },
    );
    await request(createTestApp(undefined, { logger }).app).get("/livez");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        severity: "INFO",
        service: "shop",
        region: "north",
        path: "/livez",
        client: "[redacted]",
        message: "request",
      }),
    ]);
  });

  it("counts each byte once, also for pipelined requests", async () => {
    const { app, log } = createTestApp();
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = await connectRaw((server.address() as AddressInfo).port);
    client.socket.write(get("/livez") + get("/livez") + get("/nothing"));
    await client.until(/"status":404[^]*}$/);
    client.socket.end();
    await client.closed;
    server.close();
    const bytes = log.map((line) => line.bytes as number);
    expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(client.received().length);
  });

  const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  const PARENT = "00f067aa0ba902b7";
  it.each([
    [`00-${TRACE}-${PARENT}-01`, TRACE],
    [`01-${TRACE}-${PARENT}-01`, TRACE],
    [`cc-${TRACE}-${PARENT}-01-what-comes-next`, TRACE],
    [`00-${TRACE}-${PARENT}-01-more`, undefined],
    [`00-${TRACE}-${PARENT}-01-`, undefined],
    [`cc-${TRACE}-${PARENT}-01x`, undefined],
    [`ff-${TRACE}-${PARENT}-01`, undefined],
    [`00-${"0".repeat(32)}-${PARENT}-01`, undefined],
    [`00-${TRACE}-${"0".repeat(16)}-01`, undefined],
    [`00-${TRACE.toUpperCase()}-${PARENT}-01`, undefined],
    ["garbage", undefined],
  ])("reads from the traceparent %s the trace id %s", async (traceparent, traceId) => {
    const { app, log } = createTestApp();
    await request(app).get("/").set("traceparent", traceparent);
    expect(log[0]?.traceId).toBe(traceId);
  });

  it.each([
    [0, "127.0.0.1"],
    [1, "203.0.113.9"],
    [2, "198.51.100.7"],
    [["127.0.0.0/8"], "203.0.113.9"],
  ])("uses X-Forwarded-For only as far as proxies are trusted (%j)", async (trustProxy, client) => {
    const { app, log } = createTestApp(undefined, { trustProxy });
    await request(app).get("/").set("X-Forwarded-For", "192.0.2.1, 198.51.100.7, 203.0.113.9");
    expect(log[0]?.client).toBe(client);
  });

  it.each([
    ["text", "garbage", "127.0.0.1"],
    ["a terminal's control character", "\u009b31m", "127.0.0.1"],
    ["a long text", "x".repeat(5000), "127.0.0.1"],
    ["an IPv4 address in an IPv6 one", "::ffff:203.0.113.9", "203.0.113.9"],
    ["an IPv6 address", "2001:db8::1", "2001:db8::1"],
  ])(
    "takes only a valid address from a forwarded header with %s",
    async (_what, forwarded, client) => {
      const { app, log } = createTestApp(undefined, { trustProxy: 1 });
      const server = createServer(app).listen(0, "127.0.0.1");
      await once(server, "listening");
      const raw = await connectRaw((server.address() as AddressInfo).port);
      raw.socket.write(
        Buffer.from(`GET / HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: ${forwarded}\r\n\r\n`, "latin1"),
      );
      await raw.until(/^HTTP\/1\.1 \d+/);
      raw.socket.destroy();
      await once(server.close(), "close");
      expect(log).toEqual([expect.objectContaining({ client })]);
    },
  );

  it.each([
    ["credentials", "http://user:hunter2@host/livez?token=hunter2", "/livez", 200],
    ["credentials alone", "http://user:hunter2@host", "/", 200],
    ["a host in IPv6", "HTTP://user:hunter2@[::1]:80?x", "/", 200],
    ["half a host", "http://[", "/", 200],
    ["no host", "http://", "/", 200],
    ["a quotation mark", '/"', '/"', 404],
    ["a long path", `/${"x".repeat(5000)}`, `/${"x".repeat(2047)}...`, 404],
  ])("logs only the path of a target with %s", async (_what, target, path, status) => {
    const { app, log } = createTestApp((router) => {
      router.get("/", (_req, res) => void res.json({}));
    });
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = await connectRaw((server.address() as AddressInfo).port);
    client.socket.write(get(target));
    await client.until(/^HTTP\/1\.1 \d+[^]*json/);
    client.socket.destroy();
    await once(server.close(), "close");
    expect(log).toEqual([expect.objectContaining({ path, status })]);
  });

  it("logs 499 when the client disconnected before the response began", async () => {
    let gone: () => void = () => undefined;
    const { app, log } = createTestApp((router) => {
      router.get("/slow", (_req, res) => {
        res.once("close", () => setImmediate(gone));
        client.socket.destroy();
      });
    });
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = await connectRaw((server.address() as AddressInfo).port);
    client.socket.write(get("/slow"));
    await new Promise<void>((resolve) => (gone = resolve));
    server.close();
    expect(log).toEqual([expect.objectContaining({ path: "/slow", status: 499, aborted: true })]);
  });

  it("marks a request whose client disconnected before the response", async () => {
    let gone: () => void = () => undefined;
    const { app, log } = createTestApp((router) => {
      router.get("/slow", (_req, res) => {
        res.once("close", () => setImmediate(gone));
        res.write("half");
      });
    });
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = httpRequest({ port, path: "/slow" }).on("error", () => undefined);
    client.on("response", (res) => {
      res.on("error", () => undefined);
      client.destroy();
    });
    client.end();
    await new Promise<void>((resolve) => (gone = resolve));
    server.close();
    expect(log).toEqual([expect.objectContaining({ path: "/slow", status: 200, aborted: true })]);
  });
});
