import dns from "node:dns";
import { once } from "node:events";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import * as v from "valibot";
import type { ServiceClient } from "../../src/client/service-client";
import { ServiceError, ServiceProblem, toServiceError } from "../../src/client/errors";
import { keepWorkContexts, runInWorkContext } from "../../src/process/work-context";
import { createTestLogger } from "../../src/testing/app";
import { certificate } from "../support/postgres-front";
import { attach, closedPort, patient, servers, startService } from "../support/stock-service";
import { watchTimeouts } from "../../src/testing/timers";

/** A service that responds when the test says so, but to `/livez` at once. */
async function startSlow() {
  const pending: (() => void)[] = [];
  const service = await startService((req, res) => {
    if (req.url === "/livez") res.end();
    else pending.push(() => respond(res, { name: "Ada" }));
  });
  return { ...service, pending };
}

const ship = v.object({ name: v.string() });
const getShip = (client: ServiceClient) =>
  client.call({ method: "GET", path: "/ships/1", response: ship });
const postShip = (client: ServiceClient, headers = {}) =>
  client.call({ method: "POST", path: "/ships", body: { name: "Ada" }, headers, response: ship });

const respond = (res: ServerResponse, body: unknown, status = 200, headers = {}) =>
  res
    .writeHead(status, { "Content-Type": "application/json", ...headers })
    .end(typeof body === "string" ? body : JSON.stringify(body));

/** A lone surrogate, which cannot be encoded. */
const LONE = "\ud800";

/** Advances the clock. */
function goForward(ms: number): void {
  const now = performance.now.bind(performance);
  jest.spyOn(performance, "now").mockImplementation(() => now() + ms);
}
/** The error of a call. */
async function failureOf(call: Promise<unknown>) {
  const err = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(err).toBeInstanceOf(ServiceError);
  const { failure, status, message, headers } = err as ServiceError;
  return { failure, status, message, headers };
}

/** Runs work for a request with this deadline. */
function inContext<T>(forMs: number, work: () => Promise<T>): Promise<T> {
  keepWorkContexts();
  const { logger } = createTestLogger();
  const context = { logger, fields: () => ({}), deadline: performance.now() + forMs };
  return new Promise((resolve) => runInWorkContext(context, () => resolve(work())));
}

describe("a call to another service", () => {
  it("sends JSON, and resolves with the parsed response", async () => {
    let received = "";
    let accepted: unknown[] = [];
    const { url, asked } = await startService((req, res) => {
      accepted = [req.headers.accept, req.headers["accept-encoding"]];
      req.on("data", (chunk: Buffer) => (received += chunk.toString()));
      req.on("end", () => respond(res, { name: "Ada", more: 1 }, 201));
    });
    const { client } = attach(`${url}/api/`);
    const made = await client.call({
      method: "POST",
      path: "/ships",
      query: { dry: true },
      body: { name: "Ada" },
      response: ship,
    });
    expect(made).toEqual({ name: "Ada" });
    expect([asked, received]).toEqual([["POST /api/ships?dry=true"], '{"name":"Ada"}']);
    expect(accepted).toEqual(["application/json, application/problem+json", "identity"]);
  });

  it("ignores the response body without a schema", async () => {
    const { url } = await startService((_req, res) =>
      res.writeHead(200, { "Content-Encoding": "gzip" }).end("this is not gzip"),
    );
    const { client } = attach(url);
    expect(await client.call({ method: "DELETE", path: "/ships/1" })).toBeUndefined();
  });

  it("throws the problem details of an error response", async () => {
    const problem = { type: "about:blank", title: "Not Found", status: 404, detail: "No ship." };
    const { url, asked } = await startService((_req, res) =>
      respond(res, problem, 404, { "Content-Type": "application/problem+json" }),
    );
    const err: unknown = await getShip(attach(url).client).catch((reason: unknown) => reason);
    expect(err).toBeInstanceOf(ServiceProblem);
    expect((err as ServiceProblem).problem).toEqual(problem);
    expect(err).toMatchObject({ failure: "problem", status: 502 });
    expect(asked).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    ["nothing", "text/html", "<p>teapot"],
    ["what is no object", "application/json", '["teapot"]'],
    ["no text", "application/json", '"teapot"'],
    [
      "members of other types",
      "application/json",
      '{"type":1,"title":[],"detail":{},"status":200}',
    ],
    ["too much for a line of the log", "application/json", `{"detail":"${"x".repeat(20_000)}"}`],
  ])("throws a problem for an error response with %s, too", async (_what, type, body) => {
    const { url } = await startService((_req, res) =>
      res.writeHead(418, { "Content-Type": type }).end(body),
    );
    const err = (await getShip(attach(url).client).catch(
      (reason: unknown) => reason,
    )) as ServiceProblem;
    expect(err.problem).toEqual({ type: "about:blank", title: "Status 418", status: 418 });
  });

  it.each(["text/json", "text/plain", "application/octet-stream", "text/html", undefined])(
    "parses JSON with the media type %s",
    async (type) => {
      const { url } = await startService((req, res) => {
        if (type !== undefined) res.setHeader("Content-Type", type);
        res.statusCode = req.method === "POST" ? 409 : 200;
        res.end('{"name":"Ada","detail":"There is one."}');
      });
      const { client } = attach(url);
      expect(await getShip(client)).toEqual({ name: "Ada" });
      const problem = { title: "Status 409", detail: "There is one.", name: "Ada" };
      await expect(postShip(client)).rejects.toMatchObject({ problem });
    },
  );

  it.each<[string, (text: string) => Buffer]>([
    ["gzip", gzipSync],
    ["X-GZip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["gzip, br", (text) => brotliCompressSync(gzipSync(text))],
    ["identity", (text) => Buffer.from(text)],
  ])("decodes %s, although the call does not ask for it", async (encoding, encode) => {
    const { url } = await startService((_req, res) =>
      res.writeHead(200, { "Content-Encoding": encoding }).end(encode('{"name":"Ada"}')),
    );
    const { client } = attach(url);
    expect(await getShip(client)).toEqual({ name: "Ada" });
    await client.call({ method: "HEAD", path: "/ships/1" });
  });

  it("throws the problem details of a compressed error response", async () => {
    const { url } = await startService(encoded("gzip", gzipSync('{"detail":"No ship."}'), 404));
    await expect(getShip(attach(url).client)).rejects.toMatchObject({
      problem: { status: 404, detail: "No ship." },
    });
  });

  const encoded =
    (encoding: string, body: Buffer, status = 200): RequestListener =>
    (_req, res) =>
      res.writeHead(status, { "Content-Encoding": encoding }).end(body);

  it.each<[string, RequestListener, string]>([
    [
      "a redirect",
      (_req, res) => respond(res, "", 302, { Location: "http://elsewhere.example/" }),
      "redirect",
    ],
    ["304 Not Modified", (_req, res) => res.writeHead(304).end(), "with 304"],
    ["no content", (_req, res) => res.writeHead(204).end(), "without content"],
    ["an empty response", (_req, res) => respond(res, "", 201), "without content"],
    ["a response that is not JSON", (_req, res) => res.end("hello"), "not JSON"],
    ["broken JSON", (_req, res) => respond(res, "{"), "malformed JSON"],
    ["another shape", (_req, res) => respond(res, { name: 1 }), "an unexpected shape"],
    ["a large response", (_req, res) => respond(res, { name: "x".repeat(2000) }), "too large"],
    ["an endless response", (_req, res) => endless(res), "too large"],
    [
      "a response that is too large once decoded",
      encoded("gzip", gzipSync("x".repeat(2000))),
      "too large",
    ],
    ["a truncated encoding", encoded("gzip", gzipSync("{}").subarray(0, -9)), "cannot be decoded"],
    ["a wrong encoding", encoded("br", Buffer.from("{}")), "cannot be decoded"],
    ["an unknown encoding", encoded("compress", Buffer.from("{}")), "cannot be decoded"],
    [
      "a response that is not HTTP",
      ({ socket }) => socket.end("what?\r\n\r\n"),
      "an invalid HTTP response",
    ],
  ])("fails as a bad response without a retry for %s", async (_what, listener, message) => {
    const { url, asked } = await startService(listener);
    const { client, log } = attach(url, { responseLimitBytes: 1000 });
    expect(await failureOf(getShip(client))).toEqual({
      failure: "badResponse",
      status: 502,
      message: expect.stringContaining(message) as string,
      headers: {},
    });
    expect([asked.length, log]).toEqual([1, []]);
  });

  it("expects no content for HEAD", async () => {
    const { url } = await startService((_req, res) => respond(res, { name: "Ada" }));
    const { client } = attach(url);
    expect(await client.call({ method: "HEAD", path: "/ships/1" })).toBeUndefined();
    // @ts-expect-error -- it has none
    const call = client.call({ method: "HEAD", path: "/ships/1", response: ship });
    expect(await failureOf(call)).toMatchObject({
      message: "The stock service sent a response without content.",
    });
  });

  it("is not sent to a service without a trusted certificate", async () => {
    const server = createTlsServer(certificate("localhost")).listen(0, "127.0.0.1");
    servers.push(server);
    let connections = 0;
    server.on("connection", () => connections++);
    await once(server, "listening");
    const { client, log } = attach(`https://localhost:${(server.address() as AddressInfo).port}`);
    for (let time = 1; time <= 6; time++) {
      expect(await failureOf(getShip(client))).toMatchObject({
        failure: "badResponse",
        status: 502,
        message: "The stock service has no trusted TLS certificate.",
      });
      expect(connections).toBe(time);
    }
    expect(log).toEqual([]);
  });

  it("logs what is wrong with a response, but does not tell the client", async () => {
    const { url } = await startService((_req, res) => respond(res, { name: 1 }));
    const err = (await getShip(attach(url).client).catch((reason: unknown) => reason)) as Error;
    expect(err.message).toBe("The stock service sent a response of an unexpected shape.");
    expect(err.cause).toBeInstanceOf(Error);
    expect((err.cause as Error).message).toMatch(/^name: .*expected string/i);
  });

  it("throws the caller's error when it cannot be sent", async () => {
    const { url, asked } = await startService((_req, res) => respond(res, { name: "Ada" }));
    const { client, log } = attach(url);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (let time = 0; time < 3; time++) {
      for (const wrong of [{ path: "ships" }, { headers: { "X-A": "a\nb" } }, { body: circular }]) {
        const call = client.call({ method: "PUT", path: "/ships/1", ...wrong });
        const err: unknown = await call.catch((reason: unknown) => reason);
        expect(err).toMatchObject({ message: expect.any(String) as string });
        expect(err).not.toBeInstanceOf(ServiceError);
      }
    }
    expect([asked, log]).toEqual([[], []]);
  });

  it("does not affect others when it cannot be sent", async () => {
    const { url } = await startService((_req, res) => respond(res, { name: "Ada" }));
    const { client } = attach(url, { connections: 5 });
    for (let time = 0; time < 20; time++) {
      for (const wrong of [
        { path: "/a b" },
        { headers: { "X-A": "⚓" } },
        { query: { a: LONE } },
      ]) {
        const call = client.call({ method: "GET", path: "/ships/1", ...wrong });
        await expect(call).rejects.not.toBeInstanceOf(ServiceError);
      }
    }
    expect(await getShip(client)).toEqual({ name: "Ada" });
  });

  it.each<[object, RegExp]>([
    [{ path: "" }, /must begin with/],
    [{ path: "ships" }, /must begin with/],
    [{ path: "/ships and boats" }, /encodeURIComponent/],
    [{ path: "/schiffe/größe" }, /encodeURIComponent/],
    [{ path: "/ships\r\nX-A: b" }, /encodeURIComponent/],
    [{ path: "/ships#first" }, /encodeURIComponent/],
    [{ path: "/ships?page=2", query: { size: 3 } }, /all of it as `query`/],
    [{ path: "/ships/.." }, /validate/],
    [{ path: "/ships/./1" }, /validate/],
    [{ path: "/%2E./ships" }, /validate/],
    [{ path: "/ships/.%2e?a=1" }, /validate/],
    // WHATWG URL parsers and Windows read a backslash as a slash.
    [{ path: "/ships/..\\..\\admin" }, /encodeURIComponent/],
    [{ path: "/\\elsewhere.example/ships" }, /encodeURIComponent/],
    [{ path: "/ships/1?next=\\admin" }, /encodeURIComponent/],
    [{ path: "/ships/..%5C..%5cadmin" }, /validate/],
    // Routers that decode first read these as slashes and dots.
    [{ path: `/ships/${encodeURIComponent("../admin")}` }, /validate/],
    [{ path: "/ships/1%2F%2e%2e%2F2" }, /validate/],
    [{ path: "/ships/..%3Fa=1" }, /validate/],
    [{ path: "/ships/%252e%252e/admin" }, /validate/],
    [{ path: "/ships/..%252fadmin" }, /validate/],
    // Tomcat removes path parameters, which leaves `/..`.
    [{ path: "/ships/..;/admin" }, /validate/],
    [{ path: "/ships/..;a=b%2Fadmin" }, /validate/],
    [{ path: "/ships/..%3b/admin" }, /validate/],
    // WHATWG URL parsers drop tabs and line breaks.
    [{ path: "/ships/.\t./admin" }, /encodeURIComponent/],
    [{ path: "/ships/.%09./admin" }, /validate/],
    [{ path: "/ships/%0D%0A../admin" }, /validate/],
    // NUL ends a C string.
    [{ path: "/ships/..%00" }, /validate/],
    [{ path: "/ships/1%00.json" }, /validate/],
    // Another host, for a parser that resolves it as a URL reference.
    [{ path: "//elsewhere.example/ships" }, /validate/],
    [{ path: "/%2Felsewhere.example/ships" }, /validate/],
    [{ path: "/%5Celsewhere.example/ships" }, /validate/],
    // `..` in overlong UTF-8, and an unencoded percent sign.
    [{ path: "/ships/%c0%ae%c0%ae/admin" }, /encodeURIComponent/],
    [{ path: "/ships/100%" }, /encodeURIComponent/],
    [{ query: { name: LONE } }, /URI malformed/],
    [{ headers: { "a b": "c" } }, /a b/],
    [{ headers: { "X-A": "a\nb" } }, /X-A/i],
    [{ headers: { Connection: "close" } }, /connection/],
    [{ headers: { "Transfer-Encoding": "chunked" } }, /transfer-encoding/],
    [{ headers: { "Content-Length": "1" } }, /content-length/],
    [{ headers: { Expect: "100-continue" } }, /expect/],
  ])("is refused, with the cure, for %j", async (wrong, message) => {
    const { url, asked } = await startService((_req, res) => respond(res, { name: "Ada" }));
    const { client } = attach(url);
    const call = client.call({ method: "GET", path: "/ships/1", ...wrong });
    const err: unknown = await call.catch((reason: unknown) => reason);
    expect(err).not.toBeInstanceOf(ServiceError);
    expect((err as Error).message).toMatch(message);
    expect(asked).toEqual([]);
  });

  it("keeps its path with encoded user input in it", async () => {
    const { url, asked } = await startService((_req, res) => respond(res, { name: "Ada" }));
    const { client } = attach(url);
    await client.call({ method: "GET", path: `/ships/${encodeURIComponent("a/b ..")}?c=d` });
    for (const name of ["100%", "a\\b", "a;b=c", "größe", "...", "a\tb", "%2"]) {
      await client.call({ method: "GET", path: `/ships/${encodeURIComponent(name)}/..x//y;z` });
    }
    await client.call({ method: "GET", path: "/..ships", query: { "a b": "ü&=", c: 1, d: true } });
    expect(asked).toEqual([
      "GET /ships/a%2Fb%20..?c=d",
      ...["100%25", "a%5Cb", "a%3Bb%3Dc", "gr%C3%B6%C3%9Fe", "...", "a%09b", "%252"].map(
        (name) => `GET /ships/${name}/..x//y;z`,
      ),
      "GET /..ships?a%20b=%C3%BC%26%3D&c=1&d=true",
    ]);
  });

  it("sends each header once, with the value of the caller", async () => {
    const received: string[][] = [];
    const { url } = await startService((req, res) => {
      received.push(req.rawHeaders.map((text) => text.toLowerCase()));
      respond(res, { name: "Ada" });
    });
    const headers = { "content-type": "application/merge-patch+json", ACCEPT: "text/plain" };
    await attach(url).client.call({ method: "PATCH", path: "/ships/1", body: {}, headers });
    const valuesOf = (name: string) =>
      received[0]!.filter((_text, at, all) => all[at - 1] === name);
    expect(valuesOf("content-type")).toEqual(["application/merge-patch+json"]);
    expect(valuesOf("accept")).toEqual(["text/plain"]);
  });

  it("times out unsent while all connections are in use, without effect on the circuit breaker", async () => {
    const { url, asked, pending } = await startSlow();
    const { client, log } = attach(url, { connections: 1 });
    const first = client.call({ method: "GET", path: "/ships/1" });
    while (pending.length === 0) await turn();
    const others = Array.from({ length: 10 }, () =>
      failureOf(client.call({ method: "POST", path: "/ships", timeoutMs: 50 })),
    );
    await client.ping();
    for (const failure of await Promise.all(others)) {
      expect(failure).toMatchObject({ failure: "unreachable", status: 503 });
    }
    const third = client.call({ method: "GET", path: "/ships/3" });
    pending[0]!();
    await first;
    while (pending.length === 1) await turn();
    pending[1]!();
    await third;
    expect(asked).toEqual(["GET /ships/1", "GET /livez", "GET /ships/3"]);
    expect(log).toEqual([]);
  });

  it.each<[string, RequestListener]>([
    ["before its headers", () => undefined],
    ["in its body", (_req, res) => res.writeHead(200).write("{")],
  ])("times out when the service hangs %s", async (_where, listener) => {
    const { url, asked } = await startService(listener);
    const endTimeout = watchTimeouts();
    const call = failureOf(getShip(attach(url, { silenceTimeoutMs: 0 }).client));
    while (asked.length === 0) await turn();
    endTimeout(500_000);
    expect(await call).toMatchObject({ failure: "timeout", status: 504 });
    expect(asked).toHaveLength(1);
  });

  it("fails when the service is silent for too long", async () => {
    const { url } = await startService(() => undefined);
    const { client } = attach(url, { silenceTimeoutMs: 100 });
    expect(await failureOf(getShip(client))).toMatchObject({ failure: "timeout", status: 504 });
  });

  it("fails in bounded time, with Retry-After, when the connection is refused", async () => {
    const { client, log } = attach(`http://127.0.0.1:${await closedPort()}`);
    const call = failureOf(postShip(client));
    while (log.length === 0) await turn();
    goForward(patient.timeoutMs);
    expect(await call).toEqual({
      failure: "unreachable",
      status: 503,
      message: "The stock service is not available at the moment.",
      headers: { "Retry-After": "5" },
    });
  });
});

/** Writes forever, as fast as the client reads. */
function endless(res: ServerResponse): void {
  res.writeHead(200, { "Content-Type": "application/json" });
  const write = (): void => {
    while (!res.destroyed && res.write("x".repeat(65_536)));
    if (!res.destroyed) res.once("drain", write);
  };
  write();
}

/** Breaks the connection of the first request. */
function breakOffOnce(): RequestListener {
  let isFirst = true;
  return ({ socket }, res) => {
    if (isFirst) socket.resetAndDestroy();
    else respond(res, { name: "Ada" });
    isFirst = false;
  };
}

describe("a call that failed", () => {
  it("is retried when it is idempotent", async () => {
    const { url, asked } = await startService(breakOffOnce());
    expect(await getShip(attach(url).client)).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(2);
  });

  it("is not retried when it may have been carried out", async () => {
    const { url, asked } = await startService(breakOffOnce());
    const failure = await failureOf(postShip(attach(url).client));
    expect(failure).toMatchObject({ failure: "broken", status: 502 });
    expect(asked).toHaveLength(1);
  });

  it("is retried with an idempotency key", async () => {
    const { url, asked } = await startService(breakOffOnce());
    const { client } = attach(url);
    expect(await postShip(client, { "idempotency-key": "k1" })).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(2);
  });

  it.each<[string, object, string]>([
    ["a refused connection", { code: "ECONNREFUSED", syscall: "connect" }, "unreachable"],
    ["no route", { code: "EHOSTUNREACH", syscall: "connect" }, "unreachable"],
    ["a black hole", { code: "ETIMEDOUT", syscall: "connect" }, "unreachable"],
    ["a name without an address", { code: "ENOTFOUND", syscall: "getaddrinfo" }, "unreachable"],
    ["a route that is lost later", { code: "EHOSTUNREACH", syscall: "read" }, "broken"],
    ["silence later", { code: "ETIMEDOUT", syscall: "read" }, "broken"],
  ])("is classified as sent or unsent by %s", (_what, of, failure) => {
    const err = Object.assign(new Error("of the system"), of);
    const { signal } = new AbortController();
    expect(toServiceError("stock", err, signal)).toMatchObject({ failure });
    const ofAll = new AggregateError([err, err]);
    expect(toServiceError("stock", ofAll, signal)).toMatchObject({ failure });
  });

  it.each<[string, object]>([
    ["an unknown authority", { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }],
    ["a self-signed certificate", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }],
    ["a certificate of the past", { code: "CERT_HAS_EXPIRED" }],
    ["one for another host", { code: "ERR_TLS_CERT_ALTNAME_INVALID" }],
    ["no TLS", { code: "ERR_SSL_WRONG_VERSION_NUMBER" }],
    ["another protocol", { code: "EPROTO", syscall: "write" }],
  ])("is classified as sent to the wrong server by %s", (_what, of) => {
    const err = Object.assign(new Error("of TLS"), of);
    const { signal } = new AbortController();
    expect(toServiceError("stock", err, signal)).toMatchObject({ failure: "badResponse" });
  });

  it("is retried until the service listens, whatever its method", async () => {
    const port = await closedPort();
    const { client, log } = attach(`http://127.0.0.1:${port}`);
    const call = postShip(client);
    while (!log.some(({ msg }) => /is not responding/.test(String(msg)))) await turn();
    const { asked } = await startService((_req, res) => respond(res, { name: "Ada" }), port);
    expect(await call).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(1);
    expect(log).toMatchObject([
      {
        msg: "stock is not responding: circuit breaker open, calls wait or fail at once",
        err: { message: expect.stringContaining("ECONNREFUSED") as string },
      },
      { msg: "stock is responding again: circuit breaker closed" },
    ]);
  });

  it.each([429, 503])("waits for the Retry-After of a %i", async (status) => {
    let isFirst = true;
    const { url, asked } = await startService((_req, res) => {
      if (isFirst) respond(res, {}, status, { "Retry-After": "0" });
      else respond(res, { name: "Ada" });
      isFirst = false;
    });
    expect(await getShip(attach(url).client)).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(2);
  });

  it("passes Retry-After to its own client when that exceeds the time left", async () => {
    const { url, asked } = await startService((_req, res) =>
      respond(res, {}, 503, { "Retry-After": "700" }),
    );
    expect(await failureOf(getShip(attach(url).client))).toMatchObject({
      failure: "problem",
      status: 503,
      headers: { "Retry-After": "700" },
    });
    expect(asked).toHaveLength(1);
  });

  it.each<[string, string]>([
    ["7", "7"],
    ["0", "0"],
    [new Date(Date.now() - 60_000).toUTCString(), "0"],
    ["soon 5", "5"],
    ["1.5", "5"],
    ["-7", "5"],
    ["99999999999", "5"],
  ])("parses Retry-After: %s", async (said, seconds) => {
    const { url } = await startService((_req, res) =>
      respond(res, {}, 503, { "Retry-After": said }),
    );
    expect(await failureOf(postShip(attach(url).client))).toMatchObject({
      headers: { "Retry-After": seconds },
    });
  });

  it.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT", "700"],
    ["Sun, 06 Nov 1994 08:51:17 GMT", "600"],
    ["Sun, 06 Nov 1994 09:01:18 GMT", "0"],
  ])("compares a date in Retry-After with the response's own Date, %s", async (date, seconds) => {
    const { url } = await startService((_req, res) =>
      respond(res, {}, 503, { Date: date, "Retry-After": "Sun, 06 Nov 1994 09:01:17 GMT" }),
    );
    expect(await failureOf(postShip(attach(url).client))).toMatchObject({
      headers: { "Retry-After": seconds },
    });
  });

  it("is not retried without a delay, whatever the service says", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0.9);
    const times: number[] = [];
    const { url } = await startService((_req, res) => {
      const isEnough = times.push(performance.now()) > 3;
      if (isEnough) respond(res, { name: "Ada" });
      else respond(res, {}, 429, { "Retry-After": "0" });
    });
    await getShip(attach(url).client);
    const pauses = times.slice(1).map((time, at) => time - times[at]!);
    // The random delay, less the millisecond by which Node's timers may be early.
    expect(pauses.map((ms, at) => ms > [44, 89, 179][at]!)).toEqual([true, true, true]);
  });

  it("fails with the last error when the time is over after a delay", async () => {
    const { url, asked } = await startService((_req, res) =>
      respond(res, {}, 429, { "Retry-After": "1" }),
    );
    const drawn = jest.spyOn(Math, "random");
    const call = failureOf(getShip(attach(url).client));
    while (drawn.mock.calls.length === 0) await turn();
    goForward(patient.timeoutMs);
    expect(await call).toMatchObject({ failure: "problem", headers: { "Retry-After": "1" } });
    expect(asked).toHaveLength(1);
  });

  it("is not retried once the retry budget is spent", async () => {
    const { url, asked } = await startService((_req, res) => respond(res, {}, 429));
    const { client } = attach(url, { connections: 500 });
    const calls = Array.from({ length: 150 }, () => failureOf(getShip(client)));
    expect(await Promise.all(calls)).toHaveLength(150);
    // Each once, a hundred retries, and those that the calls have earned.
    expect(asked.length).toBeLessThanOrEqual(150 + 100 + 150 * 0.2);
  });

  it("fails at once when the service was down for longer than a restart takes", async () => {
    const { client, log } = attach(`http://127.0.0.1:${await closedPort()}`);
    const waiting = failureOf(client.call({ method: "GET", path: "/" }));
    while (log.length === 0) await turn();
    goForward(5000);
    expect(await waiting).toMatchObject({ failure: "unreachable", status: 503 });
    const later = Array.from({ length: 10 }, () =>
      failureOf(client.call({ method: "POST", path: "/" })),
    );
    for (const failure of await Promise.all(later)) {
      expect(failure).toMatchObject({ failure: "unreachable", status: 503 });
    }
  });

  it.each([500, 502, 503, 504])(
    "counts as a success for the circuit breaker with a %i",
    async (status) => {
      const { url, asked } = await startService((req, res) =>
        respond(res, { name: "Ada" }, req.method === "POST" ? status : 200),
      );
      const { client, log } = attach(url);
      for (let call = 0; call < 10; call++) await failureOf(postShip(client));
      expect(await getShip(client)).toEqual({ name: "Ada" });
      expect([asked.length, log]).toEqual([11, []]);
    },
  );

  it.each<[string, RequestListener]>([
    ["does not respond", () => undefined],
    ["responds 504", (_req, res) => respond(res, {}, 504)],
  ])(
    "does not count for the circuit breaker when it had too little time and the service %s",
    async (_what, listener) => {
      const { url } = await startService(listener);
      const { client, log } = attach(url);
      const hurried = () => inContext(20, () => postShip(client).catch(() => undefined));
      for (let call = 0; call < 10; call++) await hurried();
      expect(log).toEqual([]);
    },
  );
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a connection", () => {
  it("that the service closes while it is idle fails no call", async () => {
    const sockets = new Set<Socket>();
    const { url, server, asked } = await startService((_req, res) => respond(res, { name: "Ada" }));
    server.on("connection", (socket) => sockets.add(socket));
    const { client } = attach(url);
    for (let call = 0; call < 20; call++) {
      expect(await postShip(client)).toEqual({ name: "Ada" });
      for (const socket of sockets) socket.end();
      await turn();
    }
    expect(asked).toHaveLength(20);
  });

  it("is one of a limited number", async () => {
    let open = 0;
    let most = 0;
    const { url, server } = await startService((_req, res) => respond(res, { name: "Ada" }));
    server.on("connection", (socket) => {
      most = Math.max(most, ++open);
      socket.on("close", () => open--);
    });
    const { client } = attach(url, { connections: 3 });
    await Promise.all(Array.from({ length: 50 }, () => getShip(client)));
    expect(most).toBe(3);
    await client.close();
    while (open > 0) await turn();
  });

  it("is not waited for after the client is closed, whatever the Retry-After", async () => {
    const { url, asked } = await startService((_req, res) =>
      respond(res, {}, 503, { "Retry-After": "600" }),
    );
    const { client } = attach(url, { timeoutMs: 3_600_000 });
    const call = failureOf(getShip(client));
    while (asked.length === 0) await turn();
    await client.close();
    expect(await call).toMatchObject({ failure: "problem", headers: { "Retry-After": "600" } });
  });

  it("in use fails queued calls when the client is closed", async () => {
    const { url, asked, pending } = await startSlow();
    const { client } = attach(url, { connections: 1 });
    const first = getShip(client);
    while (pending.length === 0) await turn();
    const others = [getShip(client), postShip(client)].map(failureOf);
    await turn();
    const closed = client.close();
    for (const failure of await Promise.all(others)) {
      expect(failure).toMatchObject({ failure: "unreachable", status: 503 });
    }
    pending[0]!();
    expect(await first).toEqual({ name: "Ada" });
    await closed;
    expect(asked).toEqual(["GET /ships/1"]);
  });

  it("is not retried after the client is closed", async () => {
    const port = await closedPort();
    const { client, log } = attach(`http://127.0.0.1:${port}`);
    const calls = [getShip(client), postShip(client)].map(failureOf);
    while (log.length === 0) await turn();
    await client.close();
    for (const failure of await Promise.all(calls)) {
      expect(failure).toMatchObject({ failure: "unreachable", status: 503 });
    }
    const { asked } = await startService((_req, res) => respond(res, { name: "Ada" }), port);
    await expect(client.ping()).rejects.toThrow("not available");
    await expect(getShip(client)).rejects.toThrow("not available");
    expect(asked).toEqual([]);
  });
});

describe("a name that moves to another address", () => {
  const clock = { offsetMs: 0 };
  let address = "";
  beforeEach(() => {
    clock.offsetMs = 0;
    address = "127.0.0.1";
    const now = performance.now.bind(performance);
    jest.spyOn(performance, "now").mockImplementation(() => now() + clock.offsetMs);
    const { lookup } = dns;
    const moving = (name: string, options: dns.LookupAllOptions, done: LookupDone): void => {
      if (name === "stock.test") done(null, [{ address, family: 4 }]);
      else lookup(name, options, done);
    };
    jest.spyOn(dns, "lookup").mockImplementation(moving as typeof dns.lookup);
  });
  afterEach(() => jest.restoreAllMocks());
  type LookupDone = (err: NodeJS.ErrnoException | null, found: dns.LookupAddress[]) => void;

  /** The same service at two addresses; responses wait until the test asks for them. */
  async function startTwo() {
    const open: ServerResponse[] = [];
    const served = { old: 0, new: 0 };
    const first = await startService((req, res) => {
      served.old++;
      if (req.url === "/ships/slow") open.push(res);
      else respond(res, { name: "Ada" });
    });
    const { port } = first.server.address() as AddressInfo;
    const second = createServer((_req, res) => {
      served.new++;
      respond(res, { name: "Ada" });
    }).listen(port, "127.0.0.2");
    servers.push(second);
    await once(second, "listening");
    return { ...first, url: `http://stock.test:${port}`, served, open };
  }

  it("is followed within a minute, while the old one still responds", async () => {
    const { url, served } = await startTwo();
    const { client } = attach(url, { connections: 3 });
    const burst = () => Promise.all(Array.from({ length: 9 }, () => postShip(client)));
    await burst();
    address = "127.0.0.2";
    await burst();
    expect(served).toEqual({ old: 18, new: 0 });
    clock.offsetMs += 60_000;
    await burst();
    await client.ping();
    expect(served).toEqual({ old: 18, new: 10 });
  });

  it("fails no call in flight", async () => {
    const { url, served, open } = await startTwo();
    const { client } = attach(url, {
      connections: 2,
      timeoutMs: 3_600_000,
      silenceTimeoutMs: 3_600_000,
    });
    const slow = client.call({ method: "GET", path: "/ships/slow", response: ship });
    while (open.length === 0) await turn();
    await postShip(client);
    address = "127.0.0.2";
    clock.offsetMs += 60_000;
    await Promise.all(Array.from({ length: 20 }, () => postShip(client)));
    expect(served).toEqual({ old: 2, new: 20 });
    respond(open[0]!, { name: "Bounty" });
    expect(await slow).toEqual({ name: "Bounty" });
    await Promise.all([postShip(client), postShip(client)]);
    expect(served).toEqual({ old: 2, new: 22 });
  });

  it("keeps a younger connection", async () => {
    let connections = 0;
    const { url, server } = await startTwo();
    server.on("connection", () => connections++);
    const { client } = attach(url, { connections: 1 });
    for (let call = 0; call < 5; call++) {
      await postShip(client);
      clock.offsetMs += 6000;
    }
    expect(connections).toBe(1);
  });
});

describe("attaching", () => {
  it.each(["", "stock", "ftp://stock/", "http://user:secret@stock/", "http://stock/?a=1"])(
    "refuses %j",
    (url) => {
      expect(() => attach(url)).toThrow(/^expected /);
    },
  );

  it("has a ping that tells whether the service is up", async () => {
    let status = 503;
    const { url, asked } = await startService((_req, res) => respond(res, {}, status));
    const { client, log } = attach(url);
    for (let time = 0; time < 6; time++) {
      await expect(client.ping()).rejects.toThrow(ServiceError);
    }
    status = 200;
    await client.ping();
    // Two services that check each other's readiness would never stop.
    expect(asked).toEqual(Array<string>(7).fill("GET /livez"));
    expect(log).toEqual([]);
  });

  it("has a ping that ends within the caller's deadline", async () => {
    const waits: unknown[] = [];
    const { url } = await startService(({ headers }, res) => {
      waits.push(headers["x-envoy-expected-rq-timeout-ms"]);
      res.end();
    });
    const { client } = attach(url);
    await client.ping();
    await inContext(999, client.ping);
    await expect(inContext(-1, client.ping)).rejects.toMatchObject({ failure: "timeout" });
    expect(waits).toEqual(["1000", expect.stringMatching(/^\d{1,3}$/)]);
  });
});
