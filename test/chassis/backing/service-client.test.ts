import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import * as v from "valibot";
import {
  createServiceClient,
  type ServiceClient,
  type ServiceClientOptions,
} from "../../../src/chassis/backing/service-client";
import { ServiceError, ServiceProblem } from "../../../src/chassis/backing/service-errors";
import { createTestLogger } from "../support/app";

const servers: Server[] = [];
const clients: ServiceClient[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** Another service, what it was asked, and how often. */
async function startService(listener: RequestListener, port = 0) {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    listener(req, res);
  }).listen(port, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { server, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function attach(url: string, options: Partial<ServiceClientOptions> = {}) {
  const { logger, log } = createTestLogger();
  const client = createServiceClient({ name: "stock", url, logger, timeoutMs: 2000, ...options });
  clients.push(client);
  return { client, log };
}

const ship = v.object({ name: v.string() });
const getShip = (client: ServiceClient) =>
  client.call({ method: "GET", path: "/ships/1", answer: ship });
const postShip = (client: ServiceClient, headers = {}) =>
  client.call({ method: "POST", path: "/ships", body: { name: "Ada" }, headers, answer: ship });

const answer = (res: ServerResponse, body: unknown, status = 200, headers = {}) =>
  res
    .writeHead(status, { "Content-Type": "application/json", ...headers })
    .end(typeof body === "string" ? body : JSON.stringify(body));

/** How a call fails. */
async function failureOf(call: Promise<unknown>) {
  const err = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(err).toBeInstanceOf(ServiceError);
  const { failure, status, message, headers } = err as ServiceError;
  return { failure, status, message, headers };
}

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const { server } = await startService(() => undefined);
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("a call to another service", () => {
  it("sends JSON, and resolves with what the schema reads", async () => {
    let received = "";
    const { url, asked } = await startService((req, res) => {
      req.on("data", (chunk: Buffer) => (received += chunk.toString()));
      req.on("end", () => answer(res, { name: "Ada", more: 1 }, 201));
    });
    const { client } = attach(`${url}/api/`);
    const made = await client.call({
      method: "POST",
      path: "/ships",
      query: { dry: true },
      body: { name: "Ada" },
      answer: ship,
    });
    expect(made).toEqual({ name: "Ada" });
    expect([asked, received]).toEqual([["POST /api/ships?dry=true"], '{"name":"Ada"}']);
  });

  it("looks at no answer that nobody wants", async () => {
    const { url } = await startService((_req, res) => res.writeHead(204).end());
    const { client } = attach(url);
    expect(await client.call({ method: "DELETE", path: "/ships/1" })).toBeUndefined();
  });

  it("throws the problem that the other side answers with", async () => {
    const problem = { type: "about:blank", title: "Not Found", status: 404, detail: "No ship." };
    const { url, asked } = await startService((_req, res) =>
      answer(res, problem, 404, { "Content-Type": "application/problem+json" }),
    );
    const err: unknown = await getShip(attach(url).client).catch((reason: unknown) => reason);
    expect(err).toBeInstanceOf(ServiceProblem);
    expect((err as ServiceProblem).problem).toEqual(problem);
    expect(err).toMatchObject({ failure: "problem", status: 502 });
    expect(asked).toHaveLength(1);
  });

  it("throws a problem, too, for an error that says nothing", async () => {
    const { url } = await startService((_req, res) => res.writeHead(418).end("<p>teapot"));
    const err = (await getShip(attach(url).client).catch(
      (reason: unknown) => reason,
    )) as ServiceProblem;
    expect(err.problem).toEqual({ type: "about:blank", title: "Status 418", status: 418 });
  });

  it.each<[string, RequestListener, string]>([
    [
      "a redirect",
      (_req, res) => answer(res, "", 302, { Location: "http://elsewhere.example/" }),
      "redirect",
    ],
    ["no JSON", (_req, res) => res.end("hello"), "not answered in JSON"],
    ["broken JSON", (_req, res) => answer(res, "{"), "JSON that is none"],
    ["another shape", (_req, res) => answer(res, { name: 1 }), "another shape"],
    ["too much", (_req, res) => answer(res, { name: "x".repeat(2000) }), "too much"],
    ["too much that never ends", (_req, res) => endless(res), "too much"],
    ["what is no HTTP", ({ socket }) => socket.end("what?\r\n\r\n"), "as HTTP wants it"],
  ])("is a bad answer, once, when that is %s", async (_what, listener, message) => {
    const { url, asked } = await startService(listener);
    const { client, log } = attach(url, { answerLimitBytes: 1000 });
    expect(await failureOf(getShip(client))).toEqual({
      failure: "badAnswer",
      status: 502,
      message: expect.stringContaining(message) as string,
      headers: {},
    });
    expect([asked.length, log]).toEqual([1, []]);
  });

  it.each<[string, RequestListener]>([
    ["before its headers", () => undefined],
    ["in its body", (_req, res) => res.writeHead(200).write("{")],
  ])("fails in time when the other side hangs %s", async (_where, listener) => {
    const { url, asked } = await startService(listener);
    const { client } = attach(url, { timeoutMs: 200 });
    expect(await failureOf(getShip(client))).toMatchObject({ failure: "timeout", status: 504 });
    expect(asked).toHaveLength(1);
  });

  it("fails when the other side is silent for longer than it may", async () => {
    const { url } = await startService(() => undefined);
    const { client } = attach(url, { timeoutMs: 600_000, silenceTimeoutMs: 100 });
    expect(await failureOf(getShip(client))).toMatchObject({ failure: "timeout", status: 504 });
  });

  it("fails in bounded time when nobody listens, and says when to come again", async () => {
    const { client } = attach(`http://127.0.0.1:${await closedPort()}`, { timeoutMs: 300 });
    expect(await failureOf(postShip(client))).toEqual({
      failure: "unreachable",
      status: 503,
      message: "The stock service is not available at the moment.",
      headers: { "Retry-After": "5" },
    });
  });
});

/** Writes for ever, as fast as it is read. */
function endless(res: ServerResponse): void {
  res.writeHead(200, { "Content-Type": "application/json" });
  const write = (): void => {
    while (!res.destroyed && res.write("x".repeat(65_536)));
    if (!res.destroyed) res.once("drain", write);
  };
  write();
}

/** Breaks off the first of the connections' requests. */
function breakOffOnce(): RequestListener {
  let isFirst = true;
  return ({ socket }, res) => {
    if (isFirst) socket.resetAndDestroy();
    else answer(res, { name: "Ada" });
    isFirst = false;
  };
}

describe("a call that failed", () => {
  it("is repeated when doing it twice is doing it once", async () => {
    const { url, asked } = await startService(breakOffOnce());
    expect(await getShip(attach(url).client)).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(2);
  });

  it("is not repeated when it may have been carried out", async () => {
    const { url, asked } = await startService(breakOffOnce());
    const failure = await failureOf(postShip(attach(url).client));
    expect(failure).toMatchObject({ failure: "broken", status: 502 });
    expect(asked).toHaveLength(1);
  });

  it("is repeated with an idempotency key", async () => {
    const { url, asked } = await startService(breakOffOnce());
    const { client } = attach(url);
    expect(await postShip(client, { "idempotency-key": "k1" })).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(2);
  });

  it("is sent once somebody listens, whatever it is", async () => {
    const port = await closedPort();
    const { client, log } = attach(`http://127.0.0.1:${port}`);
    const call = postShip(client);
    while (!log.some(({ msg }) => /does not answer/.test(String(msg)))) await turn();
    const { asked } = await startService((_req, res) => answer(res, { name: "Ada" }), port);
    expect(await call).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(1);
    expect(log.map(({ msg }) => msg)).toEqual([
      "stock does not answer, calls to it wait or fail at once",
      "stock answers again",
    ]);
  });

  it.each([429, 503])("waits for as long as a %i says", async (status) => {
    let isFirst = true;
    const { url, asked } = await startService((_req, res) => {
      if (isFirst) answer(res, {}, status, { "Retry-After": "0" });
      else answer(res, { name: "Ada" });
      isFirst = false;
    });
    expect(await getShip(attach(url).client)).toEqual({ name: "Ada" });
    expect(asked).toHaveLength(2);
  });

  it("tells its own client to wait when that is longer than there is time", async () => {
    const { url, asked } = await startService((_req, res) =>
      answer(res, {}, 503, { "Retry-After": "7" }),
    );
    expect(await failureOf(getShip(attach(url).client))).toMatchObject({
      failure: "problem",
      status: 503,
      headers: { "Retry-After": "7" },
    });
    expect(asked).toHaveLength(1);
  });

  it("is not repeated once too much has been", async () => {
    const { url, asked } = await startService(({ socket }) => socket.resetAndDestroy());
    const { client } = attach(url, { timeoutMs: 3000, connections: 500 });
    const calls = Array.from({ length: 150 }, () => failureOf(getShip(client)));
    expect(await Promise.all(calls)).toHaveLength(150);
    // Each once, a hundred again, and as many more as calls have earned.
    expect(asked.length).toBeLessThanOrEqual(150 + 100 + 150 * 0.2);
  });
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a connection", () => {
  it("that the other side closes when it is idle costs no call", async () => {
    const sockets = new Set<Socket>();
    const { url, server, asked } = await startService((_req, res) => answer(res, { name: "Ada" }));
    server.on("connection", (socket) => sockets.add(socket));
    const { client } = attach(url);
    for (let call = 0; call < 20; call++) {
      expect(await postShip(client)).toEqual({ name: "Ada" });
      for (const socket of sockets) socket.end();
      await turn();
    }
    expect(asked).toHaveLength(20);
  });

  it("is one of so many", async () => {
    let open = 0;
    let most = 0;
    const { url, server } = await startService((_req, res) => answer(res, { name: "Ada" }));
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
});

describe("attaching", () => {
  it.each(["", "stock", "ftp://stock/", "http://user:secret@stock/", "http://stock/?a=1"])(
    "refuses %j",
    (url) => {
      expect(() => attach(url)).toThrow(/^expected /);
    },
  );

  it("is checked by whether the other side is ready", async () => {
    let status = 503;
    const { url, asked } = await startService((_req, res) => answer(res, {}, status));
    const { client } = attach(url);
    await expect(client.ping()).rejects.toThrow(ServiceError);
    status = 200;
    await client.ping();
    expect(new Set(asked)).toEqual(new Set(["GET /readyz"]));
  });
});
