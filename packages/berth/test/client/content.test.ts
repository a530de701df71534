import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import * as v from "valibot";
import type { ServiceClient } from "../../src/client/service-client";
import { ServiceError, ServiceProblem } from "../../src/client/errors";
import type { Content, RequestCall } from "../../src/client/types";
import { createTestApp } from "../../src/testing/app";
import { connectRaw } from "../../src/testing/raw-client";
import { attach, closedPort, servers, startService } from "../support/stock-service";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );

const folder = mkdtempSync(join(tmpdir(), "content of calls "));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a service has received. */
interface Received {
  type: string | undefined;
  length: string | undefined;
  encoding: string | undefined;
  bytes: Buffer;
}

/** A service that keeps what it receives. */
async function startKeeper(respond: RequestListener = (_req, res) => res.end("kept")) {
  const received: Received[] = [];
  const service = await startService((req, res) => {
    void buffer(req).then((bytes) => {
      const { "content-type": type, "content-length": length } = req.headers;
      received.push({ type, length, encoding: req.headers["transfer-encoding"], bytes });
      respond(req, res);
    }, turn);
  });
  return { ...service, received };
}

const put = (client: ServiceClient, content: Content, more: Partial<RequestCall> = {}) =>
  client.request({ method: "PUT", path: "/photos/7", content, ...more });

const BYTES = Buffer.from([0, 255, 10, 13, 128]);

describe("the content of a call", () => {
  it.each<[string, Content, Partial<Received>]>([
    ["bytes", { type: "image/png", data: BYTES }, { length: "5", bytes: BYTES }],
    ["text", { type: "image/png", data: "größe" }, { length: "7", bytes: Buffer.from("größe") }],
    [
      "a stream of a known size",
      { type: "image/png", data: Readable.from([BYTES, BYTES]), length: 10 },
      { length: "10", bytes: Buffer.concat([BYTES, BYTES]) },
    ],
    [
      "a stream of an unknown size",
      { type: "image/png", data: Readable.from([BYTES, BYTES]) },
      { encoding: "chunked", bytes: Buffer.concat([BYTES, BYTES]) },
    ],
    ["an empty stream", { type: "image/png", data: Readable.from([]) }, { length: "0" }],
  ])("is sent as it is: %s", async (_what, content, expected) => {
    const { url, received } = await startKeeper();
    const { client } = attach(url);
    const response = await put(client, content);
    expect([response.status, response.text()]).toEqual([200, "kept"]);
    expect(received).toEqual([expect.objectContaining({ type: "image/png", ...expected })]);
  });

  it("is sent with call, too, which resolves with the parsed response", async () => {
    const { url, received } = await startKeeper((_req, res) => res.end('{"id":"7"}'));
    const { client } = attach(url);
    const content = { type: "text/csv", data: "a,b\n" };
    const response = v.object({ id: v.string() });
    const call = { method: "POST", path: "/imports", content, response } as const;
    expect(await client.call(call)).toEqual({ id: "7" });
    expect(received).toMatchObject([{ type: "text/csv", bytes: Buffer.from("a,b\n") }]);
  });

  it("is not sent beside a body", async () => {
    const { url, asked } = await startKeeper();
    const { client } = attach(url);
    const err = await failureOf(put(client, { type: "text/plain", data: "a" }, { body: {} }));
    expect(err).toEqual(new TypeError("A call has a body or content, not both."));
    expect(asked).toEqual([]);
  });

  it("that is a stream is as large as it may be, and is never held in memory", async () => {
    const total = 50_000_000;
    let sent = 0;
    let ahead = 0;
    let taken = 0;
    async function* chunks() {
      for (; sent < total; sent += 50_000) {
        ahead = Math.max(ahead, sent - taken);
        yield Buffer.alloc(50_000);
        await Promise.resolve();
      }
    }
    const { url } = await startService((req, res) => {
      req.on("data", (chunk: Buffer) => (taken += chunk.length)).on("end", () => res.end());
    });
    const { client } = attach(url);
    await put(client, { type: "video/mp4", data: chunks(), length: total });
    // What the kernel and both sides' buffers hold.
    expect([taken, ahead < 20_000_000]).toEqual([total, true]);
  });

  it.each([4, 6])("of five bytes is refused if its length is said to be %i", async (length) => {
    const { url, received } = await startKeeper();
    const { client, log } = attach(url);
    const data = Readable.from([BYTES]);
    const err = await failureOf(put(client, { type: "image/png", data, length }));
    expect(err).toMatchObject({ code: "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH" });
    expect(err).not.toBeInstanceOf(ServiceError);
    expect([received, log, data.destroyed]).toEqual([[], [], true]);
  });

  it("that cannot be read fails the call with its own error", async () => {
    const { url, received } = await startKeeper();
    const { client, log } = attach(url);
    const missing = createReadStream(join(folder, "missing"));
    const err = await failureOf(put(client, { type: "image/png", data: missing }));
    expect(err).toMatchObject({ code: "ENOENT", syscall: "open" });
    expect([received, log]).toEqual([[], []]);
    expect((await put(client, { type: "image/png", data: BYTES })).status).toBe(200);
  });
});

describe("a call with a stream", () => {
  const begunAndBroken: RequestListener = ({ socket }) => socket.resetAndDestroy();

  it("is not repeated once it is begun, though its method is idempotent", async () => {
    const { url, asked } = await startService((req, res) => {
      req.once("data", () => begunAndBroken(req, res));
    });
    const { client } = attach(url);
    const data = Readable.from([BYTES]);
    const err = await failureOf(put(client, { type: "image/png", data }));
    expect(err).toMatchObject({ failure: "broken", status: 502 });
    expect([asked, data.destroyed]).toEqual([["PUT /photos/7"], true]);
  });

  it("is repeated with bytes", async () => {
    let isFirst = true;
    const { url, asked } = await startService((req, res) => {
      if (isFirst) begunAndBroken(req, res);
      else res.end();
      isFirst = false;
    });
    const { client } = attach(url);
    expect((await put(client, { type: "image/png", data: BYTES })).status).toBe(200);
    expect(asked).toHaveLength(2);
  });

  it("is repeated while no byte was read: until the service listens", async () => {
    const port = await closedPort();
    const { client, log } = attach(`http://127.0.0.1:${port}`);
    const call = put(client, { type: "image/png", data: Readable.from([BYTES]) });
    while (!log.some(({ msg }) => /is not responding/.test(String(msg)))) await turn();
    let received = Buffer.alloc(0);
    await startService((req, res) => {
      void buffer(req).then((bytes) => {
        received = bytes;
        res.end();
      });
    }, port);
    expect((await call).status).toBe(200);
    expect(received).toEqual(BYTES);
  });

  it("closes its file when it is refused early", async () => {
    const { url } = await startService((_req, res) => {
      res.writeHead(413, { Connection: "close" }).end();
    });
    writeFileSync(join(folder, "large"), Buffer.alloc(20_000_000));
    const data = createReadStream(join(folder, "large"));
    const closed = once(data, "close");
    const { client } = attach(url);
    const err = await failureOf(put(client, { type: "image/png", data }));
    // If the reset of the connection arrives first, the response is lost (RFC 9112, 9.6).
    expect(err).toBeInstanceOf(ServiceError);
    await closed;
  });

  it("passes a client's upload on, and its own client gets a response all the same", async () => {
    const { url } = await startService((_req, res) => res.writeHead(507).end());
    const { client } = attach(url);
    const { app } = createTestApp((router) =>
      router.put("/photos", async (req, res) => {
        const type = req.get("Content-Type") ?? "";
        await client.request({ method: "PUT", path: "/", content: { type, data: req } });
        res.end();
      }),
    );
    const server = createServer(app).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const raw = await connectRaw((server.address() as AddressInfo).port);
    const head =
      "PUT /photos HTTP/1.1\r\nHost: t\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n";
    raw.socket.write(`${head}abc`);
    expect(await raw.until(/"requestId"/)).toMatch(/^HTTP\/1\.1 502 /);
  });

  it("that comes too slowly says nothing about the service", async () => {
    const { url } = await startService((req) => void req.resume());
    const { client, log } = attach(url);
    async function* slow() {
      yield BYTES;
      await new Promise(() => undefined);
    }
    const failures = await Promise.all(
      Array.from({ length: 5 }, () =>
        failureOf(
          put(client, { type: "image/png", data: Readable.from(slow()) }, { timeoutMs: 200 }),
        ),
      ),
    );
    expect(failures).toEqual(Array(5).fill(expect.objectContaining({ failure: "timeout" })));
    expect(log).toEqual([]);
  });

  it("ends with the client whose upload it passes on, which is no error", async () => {
    const ended: Promise<void>[] = [];
    const { url, asked } = await startService((req) => {
      ended.push(new Promise((resolve) => req.on("error", () => resolve())));
    });
    const { client } = attach(url);
    const { app, log } = createTestApp((router) =>
      router.put("/photos", async (req, res) => {
        const content = { type: "image/png", data: req, length: 9 };
        await client.request({ method: "PUT", path: "/", content });
        res.end();
      }),
    );
    const server = createServer(app).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const raw = await connectRaw((server.address() as AddressInfo).port);
    raw.socket.write("PUT /photos HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nabc");
    while (asked.length === 0) await turn();
    raw.socket.destroy();
    await ended[0];
    while (log.length === 0) await turn();
    await turn();
    expect(log).toEqual([expect.objectContaining({ msg: "request", status: 499 })]);
  });
});

describe("the response to a request", () => {
  const get = (client: ServiceClient, more: Partial<RequestCall> = {}) =>
    client.request({ method: "GET", path: "/photos/7", ...more });

  it("has the status, the headers and the bytes", async () => {
    const accepted: unknown[] = [];
    const { url } = await startService((req, res) => {
      accepted.push(req.headers.accept);
      res.setHeader("Set-Cookie", ["a=1", "b=2"]);
      res.setHeader("Link", ["<1>", "<2>"]);
      res.writeHead(203, { "Content-Type": "image/png", ETag: '"1"' }).end(BYTES);
    });
    const { status, headers, bytes } = await get(attach(url).client);
    expect([status, bytes, accepted]).toEqual([203, BYTES, ["*/*"]]);
    expect(headers).toMatchObject({
      "content-type": "image/png",
      etag: '"1"',
      link: "<1>, <2>",
      "set-cookie": ["a=1", "b=2"],
    });
  });

  it("may have an accepted status, which is neither an error nor repeated", async () => {
    const { url, asked } = await startService(({ url: path }, res) =>
      res.writeHead(Number(path!.slice(1))).end("why"),
    );
    const { client } = attach(url);
    for (const status of [304, 404, 302, 503]) {
      const response = await get(client, { path: `/${status}`, accept: [302, 304, 404, 503] });
      expect([response.status, response.text()]).toEqual([status, status === 304 ? "" : "why"]);
    }
    expect(asked).toHaveLength(4);
    expect(await failureOf(get(client, { path: "/409", accept: [404] }))).toBeInstanceOf(
      ServiceProblem,
    );
    expect(await failureOf(get(client, { path: "/304" }))).toMatchObject({
      failure: "badResponse",
    });
  });

  it("is parsed by a schema once its status is known", async () => {
    const { url } = await startService((_req, res) => res.end('{"name":1}'));
    const response = await get(attach(url).client);
    expect(response.json(v.object({ name: v.number() }))).toEqual({ name: 1 });
    expect(() => response.json(v.object({ name: v.string() }))).toThrow(
      "The stock service sent a response of an unexpected shape.",
    );
  });

  it("is decoded, unless it is a part", async () => {
    const encoded = gzipSync("hello");
    const { url } = await startService(({ headers }, res) =>
      res
        .writeHead(headers.range ? 206 : 200, { "Content-Encoding": "gzip" })
        .end(headers.range ? encoded.subarray(0, 4) : encoded),
    );
    const { client } = attach(url);
    expect((await get(client)).text()).toBe("hello");
    const part = await get(client, { headers: { Range: "bytes=0-3" } });
    expect([part.status, part.bytes]).toEqual([206, encoded.subarray(0, 4)]);
  });

  it("has nothing for HEAD but its headers", async () => {
    const { url } = await startService((_req, res) =>
      res.writeHead(200, { "Content-Length": "5" }).end(),
    );
    const { headers, bytes } = await get(attach(url).client, { method: "HEAD" });
    expect([headers["content-length"], bytes.length]).toEqual(["5", 0]);
  });

  it("is not larger than the client allows", async () => {
    const { url } = await startService((_req, res) => res.end(Buffer.alloc(2000)));
    const { client } = attach(url, { responseLimitBytes: 1000 });
    expect(await failureOf(get(client))).toMatchObject({
      message: "The stock service sent a response that is too large.",
    });
  });
});
