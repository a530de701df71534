import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { messageClasses } from "../../src/express/messages";
import { readBytes } from "../../src/http/body";
import { refusals } from "../../src/http/refusals";
import { createHttpService } from "../../src/port/http-service";
import { requestTimeouts } from "../../src/port/harden";
import type { PortBoundService } from "../../src/port/service";
import { createTestApp, createTestLogger, problem } from "../../src/testing/app";
import { connectRaw } from "../../src/testing/raw-client";

const started: PortBoundService[] = [];
afterEach(async () => {
  for (const service of started.splice(0)) {
    service.destroy();
    await service.drain(0);
  }
});

/** The app as the process serves it. */
async function connectToApp(requestTimeoutMs = 60_000) {
  const { logger, log } = createTestLogger();
  const { app } = createTestApp(
    (router) => {
      router.post("/", (_req, res) => res.json({}));
      router.post("/x", async (req, res) => res.json(await readBytes(req)));
    },
    { logger },
  );
  const server: Server = createServer(
    { ...messageClasses(app), ...requestTimeouts(requestTimeoutMs) },
    app,
  );
  const service = createHttpService({
    name: "web",
    server,
    target: { host: "127.0.0.1", port: 0 },
    refuse: refusals(logger),
  });
  started.push(service);
  const { port } = await service.bind();
  const over = once(server, "connection").then(([socket]) => once(socket as Server, "close"));
  const client = await connectRaw(port);
  return { ...client, over, log };
}

const SECRET = "hunter2";
const LONG = SECRET.repeat(3000);
const MALFORMED = "The request is not valid HTTP/1.1.";
const LATE = "The request did not arrive completely in time.";

const [BAD, TIMEOUT, LARGE] = ["Bad Request", "Request Timeout", "Payload Too Large"];
const FIELDS = "Request Header Fields Too Large";

describe("input that is not a request", () => {
  it.each<[string, string, number, string, string]>([
    ["for garbage", `\x16\x03\x01${SECRET}`, 400, BAD, MALFORMED],
    ["for a malformed head", `GET / HTTP/1.1\r\n${SECRET}\r\n\r\n`, 400, BAD, MALFORMED],
    ["for half a head", `GET /${SECRET} HTTP/1.1\r\nHost: te`, 408, TIMEOUT, LATE],
    [
      "for too large a head",
      `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${LONG}`,
      431,
      FIELDS,
      "The request's head is larger than this service accepts.",
    ],
  ])("gets a problem %s, and one line in the log", async (_what, text, status, title, detail) => {
    const client = await connectToApp(status === 408 ? 1000 : undefined);
    client.socket.write(text);
    expect(await client.closed).toBe("end");
    const [head = "", body = ""] = client.received().split("\r\n\r\n");
    const { requestId } = JSON.parse(body) as { requestId: string };
    expect(JSON.parse(body)).toEqual(problem(status, title, { detail }));
    expect(head.split("\r\n")).toEqual(
      expect.arrayContaining([
        `HTTP/1.1 ${status} ${title}`,
        `X-Request-Id: ${requestId}`,
        "X-Content-Type-Options: nosniff",
        "Content-Type: application/problem+json; charset=utf-8",
        `Content-Length: ${body.length}`,
        "Connection: close",
      ]),
    );
    expect(client.log).toEqual([
      {
        level: "info",
        time: expect.any(Number) as number,
        requestId,
        status,
        code: expect.stringMatching(/^(HPE|ERR)_[A-Z_]{5,40}$/) as string,
        client: "127.0.0.1",
        msg: "request refused",
      },
    ]);
  });
});

describe("POST with a body that is refused", () => {
  const head = (headers: string) =>
    `POST /x HTTP/1.1\r\nHost: a\r\nX-Request-Id: r1\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`;
  const chunked = head("Transfer-Encoding: chunked");

  it.each<[string, string, number, string, string]>([
    ["it does not arrive", `${head("Content-Length: 9")}{`, 408, TIMEOUT, LATE],
    ["a chunk is malformed", `${chunked}${SECRET}\r\n`, 400, BAD, MALFORMED],
    [
      "it has long chunk extensions",
      `${chunked}1;${LONG}\r\n`,
      413,
      LARGE,
      "The body has longer chunk extensions than this service accepts.",
    ],
  ])("gets a problem when %s, and its line in the log", async (_what, text, status, ...rest) => {
    const client = await connectToApp(status === 408 ? 1000 : undefined);
    client.socket.write(text);
    expect(await client.closed).toBe("end");
    const [title, detail] = rest;
    expect(JSON.parse(client.received().split("\r\n\r\n")[1] ?? "")).toEqual({
      ...problem(status, title, { detail }),
      requestId: "r1",
    });
    await client.over;
    expect(client.log).toEqual([
      expect.objectContaining({ requestId: "r1", path: "/x", status, msg: "request" }),
    ]);
    expect(client.log[0]).not.toHaveProperty("aborted");
    expect(client.log[0]?.bytes).toBe(client.received().length);
  });

  it("gets a problem when the client half-closes before its end", async () => {
    const client = await connectToApp();
    client.socket.end(`${head("Content-Length: 9")}{`);
    await client.until(/"detail":"The connection ended before the request was complete\."/);
    await client.over;
    // It has most likely disconnected.
    expect(client.log).toEqual([expect.objectContaining({ path: "/x", aborted: true })]);
  });
});
