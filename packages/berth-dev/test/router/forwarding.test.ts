// How the router forwards a request and its response.
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import {
  ask,
  closeAll,
  exchangeBytes,
  problemOf,
  startRouter,
  startUpstream,
  targets,
} from "./support";

afterEach(closeAll);

/** Responds with the request's head and body. */
const mirror = () =>
  startUpstream((req, res) => {
    const { method, url, rawHeaders } = req;
    void text(req).then((body) => {
      const headers = inPairs(rawHeaders);
      res.end(JSON.stringify({ method, url, headers, trailers: req.rawTrailers, body }));
    });
  });

interface Seen {
  method: string;
  url: string;
  headers: string[];
  trailers: string[];
  body: string;
}

const inPairs = (raw: string[]): string[] =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));

const seen = async (...args: Parameters<typeof ask>): Promise<Seen> =>
  JSON.parse((await ask(...args)).text) as Seen;

describe("a request", () => {
  it("arrives with its method, target, headers and body, and the router's headers", async () => {
    const { port } = await startRouter([(await mirror()).port]);
    const headers = { Host: "app.test:1", Cookie: ["a=1", "b=2"], "X-REQUEST-ID": "it-1" };
    expect(await seen(port, "/a%20b?c=%2F", { method: "PATCH", headers }, "body")).toEqual({
      method: "PATCH",
      url: "/a%20b?c=%2F",
      headers: [
        "Host: app.test:1",
        "Cookie: a=1; b=2",
        "Content-Length: 4",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-Proto: http",
        `X-Forwarded-Port: ${port}`,
        "X-Request-Id: it-1",
        "X-Forwarded-Host: app.test:1",
        "Connection: keep-alive",
      ],
      trailers: [],
      body: "body",
    });
  });

  it("keeps a received X-Forwarded-For in front of the client's address, but no other forwarding header", async () => {
    const { port } = await startRouter([(await mirror()).port]);
    const headers = {
      Host: "a.test",
      "X-Forwarded-For": "192.0.2.1",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Port": "443",
      "X-Forwarded-Host": "b.test",
      "X-Request-Id": "no id",
    };
    const { headers: arrived } = await seen(port, "/", { headers });
    expect(arrived.filter((line) => line.startsWith("X-"))).toEqual([
      "X-Forwarded-For: 192.0.2.1, 127.0.0.1",
      "X-Forwarded-Proto: http",
      `X-Forwarded-Port: ${port}`,
      expect.stringMatching(/^X-Request-Id: [0-9a-f]{8}-[0-9a-f-]{27}$/),
      "X-Forwarded-Host: a.test",
    ]);
  });

  it("loses hop-by-hop headers and those that Connection nominates", async () => {
    const { port } = await startRouter([(await mirror()).port]);
    const headers = {
      Host: "a.test",
      Connection: "close, X-Once, Content-Length, Host",
      "X-Once": "1",
      "Keep-Alive": "timeout=1",
      "Proxy-Connection": "close",
      TE: "trailers",
      "X-Kept": "1",
    };
    const { headers: arrived, body } = await seen(port, "/", { method: "PUT", headers }, "body");
    expect(arrived.filter((line) => !/^X-(Forwarded|Request)-/.test(line))).toEqual([
      "Host: a.test",
      "X-Kept: 1",
      "Content-Length: 4",
      "Connection: keep-alive",
    ]);
    expect(body).toBe("body");
  });

  it("keeps its chunks and trailers, even with a method that seldom has a body", async () => {
    const { port } = await startRouter([(await mirror()).port]);
    const bytes = await exchangeBytes(
      port,
      "DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" +
        "2\r\nbo\r\n2\r\ndy\r\n0\r\nX-Sum: 7\r\n\r\n",
    );
    expect(bytes).toContain('"trailers":["X-Sum","7"],"body":"body"');
  });

  it("without a body has none at the instance, whatever its method", async () => {
    const { port } = await startRouter([(await mirror()).port]);
    const bytes = await exchangeBytes(
      port,
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(bytes).toContain('"Content-Length: 0"');
    expect(bytes).toContain('"body":""');
  });

  it.each([
    ["no HTTP", "NONSENSE\r\n\r\n"],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    ],
    ["a header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n"],
  ])("that is %s is rejected, and reaches no instance", async (_, request) => {
    const upstream = await mirror();
    const { port } = await startRouter([upstream.port]);
    const bytes = await exchangeBytes(port, request);
    expect(bytes).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(bytes.slice(bytes.indexOf("\r\n\r\n")))).toEqual({
      type: "about:blank",
      title: "Bad Request",
      status: 400,
      detail: "The request is not valid HTTP/1.1.",
      requestId: expect.any(String) as string,
    });
    expect(upstream.requests).toBe(0);
  });

  it("gets 501 if its transfer coding is not chunked", async () => {
    const upstream = await mirror();
    const { port } = await startRouter([upstream.port]);
    const headers = { "Transfer-Encoding": "gzip, chunked" };
    const response = await ask(port, "/", { method: "POST", headers }, "body");
    expect(problemOf(response)).toEqual({
      type: "about:blank",
      title: "Not Implemented",
      status: 501,
      detail: "The request's body has a transfer coding other than chunked.",
    });
    expect(upstream.requests).toBe(0);
  });

  it("with Expect: 100-continue sends its body once the service requests it", async () => {
    const upstream = await mirror();
    upstream.server.on("checkContinue", (req, res) => {
      if (req.url === "/no") return res.writeHead(413).end("too large");
      res.writeContinue();
      upstream.server.emit("request", req, res);
    });
    const { port } = await startRouter([upstream.port]);
    const headers = { Expect: "100-continue", "Content-Length": "4" };

    const asked = request({ port, method: "POST", headers, agent: false });
    asked.flushHeaders();
    await once(asked, "continue");
    asked.end("body");
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    expect(await text(response)).toContain('"body":"body"');

    const refused = request({ port, method: "POST", path: "/no", headers, agent: false });
    let isAsked = false;
    refused.on("continue", () => (isAsked = true));
    refused.flushHeaders();
    const [refusal] = (await once(refused, "response")) as [IncomingMessage];
    expect(refusal.statusCode).toBe(413);
    expect(await text(refusal)).toBe("too large");
    expect(isAsked).toBe(false);
    refused.on("error", () => {}).destroy();
  });
});

describe("a response", () => {
  it("arrives with its status, reason, headers in order, and body", async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(207, "Several", [
        ...["X-A", "1", "Set-Cookie", "a=1", "set-cookie", "b=2", "Date", "today"],
        ...[
          "Connection",
          "X-Once",
          "X-Once",
          "1",
          "Keep-Alive",
          "timeout=3",
          "Content-Length",
          "4",
        ],
      ]);
      res.end("body");
    });
    const { port } = await startRouter([upstream.port]);
    const { message, text: body } = await ask(port, "/", { agent: new Agent() });
    expect([message.statusCode, message.statusMessage, body]).toEqual([207, "Several", "body"]);
    expect(inPairs(message.rawHeaders)).toEqual([
      ...["X-A: 1", "Set-Cookie: a=1", "set-cookie: b=2", "Date: today", "Content-Length: 4"],
      "Connection: close",
    ]);
  });

  it("keeps its trailers, except for a client that cannot read them", async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { Trailer: "X-Sum" });
      res.write("body");
      res.addTrailers({ "X-Sum": "7" });
      res.end();
    });
    const { port } = await startRouter([upstream.port]);
    const response = await ask(port);
    expect([response.text, response.headers.trailer]).toEqual(["body", "X-Sum"]);
    expect(response.message.trailers).toEqual({ "x-sum": "7" });

    const old = await exchangeBytes(port, "GET / HTTP/1.0\r\n\r\n");
    expect(old).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(old).not.toMatch(/Trailer|chunked|X-Sum/);
    expect(old).toMatch(/\r\n\r\nbody$/);
  });

  it("to HEAD, or with 304, has a length and no body", async () => {
    const upstream = await startUpstream((req, res) => {
      const headers = { "Content-Length": "1000", ETag: '"1"' };
      res.writeHead(req.method === "HEAD" ? 200 : 304, headers).end();
    });
    const { port } = await startRouter([upstream.port]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const [method, status] of [
      ["HEAD", 200],
      ["GET", 304],
      ["HEAD", 200],
    ] as const) {
      const response = await ask(port, "/", { method, agent });
      expect([response.status, response.headers["content-length"], response.text]).toEqual([
        status,
        "1000",
        "",
      ]);
    }
    agent.destroy();
  });

  it("comes after the service's early hints", async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeProcessing();
      res.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => res.end("body"));
    });
    const { port } = await startRouter([upstream.port]);
    const bytes = await exchangeBytes(
      port,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(bytes).toMatch(
      /^HTTP\/1\.1 102 .*\r\n\r\nHTTP\/1\.1 103 .*\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/i,
    );
  });

  it("that Node can read but not write becomes a 502, and the router goes on", async () => {
    const upstream = await startUpstream((req, res) => {
      if (req.url === "/fine") return res.end("fine");
      req.socket.end("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n");
    });
    const { port } = await startRouter([upstream.port]);
    expect(problemOf(await ask(port, "/odd"))).toEqual({
      type: "about:blank",
      title: "Bad Gateway",
      status: 502,
      detail: "web.1 sent a response that cannot be forwarded: Invalid status code: 99.",
    });
    expect((await ask(port, "/fine")).text).toBe("fine");
  });
});

describe("host names", () => {
  it("route to their process types, whatever their case and port; others get 404", async () => {
    const [app, api] = await Promise.all(
      ["app", "api"].map((name) => startUpstream((_req, res) => res.end(name))),
    );
    const { port, said } = await startRouter([], {
      routes: new Map([
        ["app.localhost", "web"],
        ["api.localhost", "other"],
      ]),
      targets: new Map([
        ["web", targets("web", [app!.port])],
        ["other", targets("other", [api!.port])],
      ]),
    });
    const to = (Host: string) => ask(port, "/", { headers: { Host } });
    expect((await to("app.localhost")).text).toBe("app");
    expect((await to(`API.LocalHost.:${port}`)).text).toBe("api");
    const lost = await to(`localhost:${port}`);
    expect(lost.status).toBe(404);
    expect(problemOf(lost)).toEqual({
      type: "about:blank",
      title: "Not Found",
      status: 404,
      detail: `The host name "localhost:${port}" matches no route: use app.localhost or api.localhost.`,
    });
    const nameless = await exchangeBytes(port, "GET /a?secret HTTP/1.0\r\n\r\n");
    expect(nameless).toContain(
      '"detail":"A request without a host name matches no route: use app.localhost or api.localhost."',
    );
    expect(said[1]).toBe(
      "router responded 404 to GET /a (request ID): A request without a host name matches no route: use app.localhost or api.localhost.",
    );
  });
});
