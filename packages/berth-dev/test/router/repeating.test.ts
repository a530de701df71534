// Which requests the router retries, with which instance, and which it never retries.
import { createServer, request, type IncomingMessage } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { once } from "node:events";
import { holdTimeouts } from "berth/testing";
import {
  ask,
  closeAll,
  portOf,
  problemOf,
  startRouter,
  startUpstream,
  type Upstream,
} from "./support";

afterEach(closeAll);

/** Responds to the first request on each connection, and resets the connection at the second one, which it counts. */
const resetting = (): Promise<Upstream> => {
  const used = new WeakSet<object>();
  return startUpstream((req, res) => {
    if (used.has(req.socket)) return void req.socket.resetAndDestroy();
    used.add(req.socket);
    res.end("first");
  });
};

/** Long enough for any machine. */
const RESPONSE_MS = 600_000;

const badGateway = (detail: string) => ({
  type: "about:blank",
  title: "Bad Gateway",
  status: 502,
  detail,
});

describe("requests", () => {
  it("go to the ready instances round robin", async () => {
    const upstreams = await Promise.all(
      ["a", "b", "c"].map((name) => startUpstream((_req, res) => res.end(name))),
    );
    upstreams[1]!.isReady = false;
    const { port } = await startRouter(upstreams.map((each) => each.port));
    const names = new Set([(await ask(port)).text, (await ask(port)).text]);
    while (names.size < 2) names.add((await ask(port)).text);
    const inTurn = [];
    for (let i = 0; i < 4; i++) inTurn.push((await ask(port)).text);
    expect(inTurn.join("")).toMatch(/^(acac|caca)$/);
    upstreams[1]!.isReady = true;
    while (!names.has("b")) names.add((await ask(port)).text);
  });

  it("share the keep-alive connections to an instance", async () => {
    let connections = 0;
    const upstream = await startUpstream((_req, res) => res.end());
    const { port } = await startRouter([upstream.port]);
    await ask(port);
    upstream.server.on("connection", () => connections++);
    for (let i = 0; i < 5; i++)
      expect((await ask(port, "/", { method: "POST" }, "body")).status).toBe(200);
    // Health checks use separate connections.
    expect(upstream.requests).toBe(6);
    expect(connections).toBeLessThanOrEqual(1);
  });
});

describe("an instance that refuses connections", () => {
  it.each(["GET", "POST"])(
    "does not get a %s, which goes to another one with its body",
    async (method) => {
      const [gone, other] = await Promise.all([
        startUpstream((_req, res) => res.end("gone")),
        startUpstream((req, res) => void req.pipe(res)),
      ]);
      const { port, said } = await startRouter([gone.port, other.port]);
      const names = new Set<string>();
      const headers = { "Content-Length": "5" };
      const name = async () => (await ask(port, "/", { method, headers }, "other")).text;
      while (names.size < 2) names.add(await name());
      await gone.stop();
      for (let i = 0; i < 4; i++) expect(await name()).toBe("other");
      const back = await startUpstream((_req, res) => res.end("back"), {
        port: gone.port,
        isReady: false,
      });
      for (let i = 0; i < 4; i++) expect(await name()).toBe("other");
      back.isReady = true;
      while (!names.has("back")) names.add(await name());
      expect(said).toEqual([]);
    },
  );

  it("gets requests again once it is back and ready", async () => {
    const before = await startUpstream(() => {});
    await before.stop();
    const { port } = await startRouter([before.port]);
    const waiting = ask(port, "/", { method: "POST" }, "body");
    const back = await startUpstream((req, res) => void req.pipe(res), {
      port: before.port,
      isReady: false,
    });
    await once(back.server, "request");
    await once(back.server, "request");
    expect(back.requests).toBe(0);
    back.isReady = true;
    const response = await waiting;
    expect([response.status, response.text, back.requests]).toEqual([200, "body", 1]);
  });
});

describe("a process type without a ready instance", () => {
  const unavailable = {
    type: "about:blank",
    title: "Service Unavailable",
    status: 503,
    detail: "No process of type web is ready.",
  };

  it("responds 503 after a timeout, with Retry-After", async () => {
    const upstream = await startUpstream((_req, res) => res.end(), { isReady: false });
    const { port, said } = await startRouter([upstream.port], { timeouts: { readyMs: 50 } });
    const response = await ask(port, "/path?secret");
    expect(response.status).toBe(503);
    expect(problemOf(response)).toEqual(unavailable);
    expect(response.headers["retry-after"]).toBe("1");
    expect(said).toEqual([
      "router responded 503 to GET /path (request ID): No process of type web is ready.",
    ]);
    expect(upstream.requests).toBe(0);
  });

  it("responds at once when the router is draining", async () => {
    const { port, router } = await startRouter([1]);
    const waiting = ask(port);
    const later = ask(port, "/", { method: "POST" }, "body");
    router.beginDrain();
    for (const response of await Promise.all([waiting, later])) {
      expect(problemOf(response)).toEqual(unavailable);
      expect(response.headers.connection).toBe("close");
    }
  });

  it("reports the same problem once", async () => {
    const { port, said } = await startRouter([1], { timeouts: { readyMs: 1 } });
    const responses = await Promise.all(Array.from({ length: 20 }, () => ask(port)));
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(503));
    expect(said).toHaveLength(1);
  });

  it("does not send a request whose client has disconnected", async () => {
    const upstream = await startUpstream((_req, res) => res.end(), { isReady: false });
    const { port } = await startRouter([upstream.port]);
    const gone = new AbortController();
    const waiting = ask(port, "/gone", { signal: gone.signal });
    await once(upstream.server, "request");
    gone.abort();
    await expect(waiting).rejects.toThrow("aborted");
    const next = ask(port, "/next");
    upstream.isReady = true;
    expect((await next).status).toBe(200);
    expect(upstream.requests).toBe(1);
  });
});

describe("a keep-alive connection that is reset before a response", () => {
  it.each(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])(
    "retries a %s without a body, once",
    async (method) => {
      const upstream = await resetting();
      const { port, said } = await startRouter([upstream.port]);
      expect((await ask(port)).text).toBe("first");
      const response = await ask(port, "/", { method, headers: { "Content-Length": "0" } });
      expect(response.status).toBe(200);
      expect(upstream.requests).toBe(3);
      expect(said).toEqual([]);
    },
  );

  it.each([
    ["POST", "body"],
    ["POST", undefined],
    ["PATCH", undefined],
    ["PUT", "body"],
  ])("does not retry a %s with %s, which may have been carried out", async (method, body) => {
    const upstream = await resetting();
    const { port, said } = await startRouter([upstream.port]);
    await ask(port);
    const response = await ask(port, "/do?secret", { method }, body);
    expect(response.status).toBe(502);
    const detail =
      "web.1 closed the connection before it responded (ECONNRESET); it may have carried out the request.";
    expect(problemOf(response)).toEqual(badGateway(detail));
    expect(said).toEqual([`router responded 502 to ${method} /do (request ID): ${detail}`]);
    expect(upstream.requests).toBe(2);
  });

  it("does not retry a GET forever", async () => {
    const upstream = await startUpstream((req, res) => {
      if (req.url === "/") return res.end("fine");
      req.socket.resetAndDestroy();
    });
    const { port } = await startRouter([upstream.port]);
    // Two keep-alive connections.
    await Promise.all([ask(port), ask(port)]);
    expect((await ask(port, "/fatal")).status).toBe(502);
    expect(upstream.requests).toBeLessThanOrEqual(4);
    expect((await ask(port)).text).toBe("fine");
  });

  it("does not retry once the response has begun", async () => {
    const used = new WeakSet<object>();
    const upstream = await startUpstream((req, res) => {
      if (!used.has(req.socket)) {
        used.add(req.socket);
        return res.end("first");
      }
      req.socket.write("HTTP/1.1 2", () => req.socket.resetAndDestroy());
    });
    const { port } = await startRouter([upstream.port]);
    await ask(port);
    expect((await ask(port)).status).toBe(502);
    expect(upstream.requests).toBe(2);
  });
});

describe("a new connection that is reset before a response", () => {
  it.each(["GET", "POST"])("does not retry a %s", async (method) => {
    const upstream = await startUpstream((req) => void req.socket.resetAndDestroy());
    const { port } = await startRouter([upstream.port]);
    expect((await ask(port, "/", { method })).status).toBe(502);
    expect(upstream.requests).toBe(1);
  });
});

describe("an instance that does not respond", () => {
  it("gets no request after a 504 until it is ready", async () => {
    const hung = await startUpstream(() => {});
    const { port, said } = await startRouter([hung.port], {
      // Enough time for a health check to find it ready.
      timeouts: { responseMs: 100, readyMs: 3000 },
    });
    const response = await ask(port, "/", { method: "POST" }, "body");
    const detail = "web.1 did not begin its response within 0.1 s.";
    expect(problemOf(response)).toEqual({
      type: "about:blank",
      title: "Gateway Timeout",
      status: 504,
      detail,
    });
    expect(said).toEqual([`router responded 504 to POST / (request ID): ${detail}`]);
    expect(hung.requests).toBe(1);
    hung.isReady = false;
    while ((await ask(port)).status !== 503);
  });

  it("is not ready just because its port is open", async () => {
    const silent = createTcpServer(() => {}).listen(0);
    await once(silent, "listening");
    const other = await startUpstream((_req, res) => res.end("other"));
    const { port } = await startRouter([portOf(silent), other.port]);
    for (let i = 0; i < 4; i++) expect((await ask(port)).text).toBe("other");
    silent.close();
  });

  it("has no time limit once its response has begun", async () => {
    const upstream = await startUpstream((req, res) => {
      if (req.url === "/") return res.end();
      res.write("begun ");
      end = () => res.end("done");
    });
    let end!: () => void;
    const { port } = await startRouter([upstream.port], { timeouts: { responseMs: RESPONSE_MS } });
    await ask(port);
    holdTimeouts();
    const sent = request({ port, path: "/long", agent: false }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    jest.advanceTimersByTime(2 * RESPONSE_MS);
    end();
    expect(await text(response)).toBe("begun done");
  });

  it("has no time limit while the client is still sending", async () => {
    let received = "";
    const upstream = await startUpstream((req, res) => {
      req.setEncoding("utf8").on("data", (chunk: string) => (received += chunk));
      req.on("end", () => res.end(received));
    });
    const { port, said } = await startRouter([upstream.port], {
      timeouts: { responseMs: RESPONSE_MS },
    });
    await ask(port);
    holdTimeouts();
    const headers = { "Content-Length": "4" };
    const sent = request({ port, method: "POST", headers, agent: false });
    const arrived = once(sent, "response") as Promise<[IncomingMessage]>;
    for (const byte of "slow") {
      jest.advanceTimersByTime(2 * RESPONSE_MS);
      sent.write(byte);
      while (!received.endsWith(byte)) await nextTurn();
    }
    sent.end();
    const [response] = await arrived;
    expect(response.statusCode).toBe(200);
    expect(said).toEqual([]);
  });
});

describe("an instance without /readyz", () => {
  it("is ready if it responds at all", async () => {
    const flask = createServer((req, res) => {
      res.writeHead(req.url === "/" ? 200 : 404).end();
    }).listen(0);
    const { port } = await startRouter([portOf(flask)]);
    expect((await ask(port)).status).toBe(200);
    flask.close().closeAllConnections();
  });
});

describe("withdrawing an instance", () => {
  it("resolves once its pending responses have begun, and sends it nothing until it is admitted", async () => {
    let respond: (() => void) | undefined;
    const leaving = await startUpstream((_req, res) => {
      if (respond) return res.end("back");
      respond = () => res.end("leaving");
    });
    const other = await startUpstream((_req, res) => res.end("other"), { isReady: false });
    const { port, router } = await startRouter([leaving.port, other.port]);
    const inFlight = ask(port);
    while (!respond) await once(leaving.server, "request");
    other.isReady = true;

    let isWithdrawn = false;
    const withdrawn = router.withdraw("web.1").then(() => (isWithdrawn = true));
    for (let i = 0; i < 3; i++) expect((await ask(port)).text).toBe("other");
    expect([isWithdrawn, leaving.requests]).toEqual([false, 1]);
    respond();
    await withdrawn;
    expect((await inFlight).text).toBe("leaving");

    router.admit("web.1");
    while ((await ask(port)).text !== "back");
  });
});
