import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { ServiceError, ServiceProblem } from "../../src/client/errors";
import type { ServiceClient } from "../../src/client/service-client";
import type { StreamCall } from "../../src/client/types";
import { keepWorkContexts, runInWorkContext } from "../../src/process/work-context";
import { createTestLogger } from "../../src/testing/app";
import { watchTimeouts } from "../../src/testing/timers";
import { attach, startEndless, startService } from "../support/stock-service";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );

const open = (client: ServiceClient, more: Partial<StreamCall> = {}) =>
  client.stream({ method: "GET", path: "/films/7", ...more });

/** Runs work for a request with this deadline. */
function inContext<T>(forMs: number, work: () => Promise<T>): Promise<T> {
  keepWorkContexts();
  const { logger } = createTestLogger();
  const context = { logger, fields: () => ({}), deadline: performance.now() + forMs };
  return new Promise((resolve) => runInWorkContext(context, () => resolve(work())));
}

/** A service whose responses begin, and go on when the test says so. */
async function startBeginning(head = {}) {
  const begun: ServerResponse[] = [];
  const service = await startService((_req, res) => {
    res.writeHead(200, head).write("first ");
    begun.push(res);
  });
  return { ...service, begun };
}

describe("a streamed response", () => {
  it("begins before it is complete, with status and headers", async () => {
    const { url, begun } = await startBeginning({ "Content-Type": "video/mp4" });
    const { client } = attach(url);
    const { status, headers, body } = await open(client);
    expect([status, headers["content-type"]]).toEqual([200, "video/mp4"]);
    begun[0]!.end("second");
    expect(await text(body)).toBe("first second");
  });

  it("is longer than whole responses may be, and is encoded as it was sent", async () => {
    const { url } = await startService((_req, res) =>
      res.setHeader("Content-Encoding", "gzip").end(Buffer.alloc(3_000_000)),
    );
    const { headers, body } = await open(attach(url).client);
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    expect([headers["content-encoding"], bytes]).toEqual(["gzip", 3_000_000]);
  });

  it("comes as fast as it is read", async () => {
    const { url, untilStalled, closed } = await startEndless();
    const { body } = await open(attach(url).client);
    body.once("readable", () => void body.read(1));
    // What the kernel and both sides hold.
    expect(await untilStalled(40_000_000)).toBeLessThan(20_000_000);
    let read = 0;
    for await (const chunk of body) {
      read += (chunk as Buffer).length;
      if (read > 50_000_000) break;
    }
    await closed[0];
  });

  it("ends with its reader, also before its first byte, and frees its connection", async () => {
    const closed: Promise<unknown>[] = [];
    const { url } = await startService((_req, res) => {
      closed.push(once(res, "close"));
      res.flushHeaders();
    });
    const { client } = attach(url, { connections: 1 });
    const first = await open(client);
    first.body.destroy();
    await closed[0];
    const second = await open(client);
    const reason = new Error("The client has left.");
    const err = pipeline(second.body, async (chunks) => {
      for await (const _chunk of chunks);
    });
    second.body.destroy(reason);
    await expect(err).rejects.toBe(reason);
    await closed[1];
  });

  it.each<[string, (res: ServerResponse) => void, object]>([
    ["breaks off", (res) => res.destroy(), { failure: "broken", status: 502 }],
    [
      "is not HTTP any more",
      (res) => res.socket!.write("no chunk\r\n"),
      { failure: "badResponse", status: 502 },
    ],
  ])("is an error, not an end, when it %s", async (_what, go, failure) => {
    const { url, begun } = await startBeginning();
    const { body } = await open(attach(url).client);
    go(begun[0]!);
    const err = await failureOf(text(body));
    expect(err).toBeInstanceOf(ServiceError);
    expect(err).toMatchObject(failure);
  });

  it("is an error when it has fewer bytes than it said", async () => {
    const { url, begun } = await startBeginning({ "Content-Length": "100" });
    const { body } = await open(attach(url).client);
    begun[0]!.socket!.end();
    expect(await failureOf(text(body))).toMatchObject({ failure: "broken" });
  });

  it("is an error when the service is silent in it for too long", async () => {
    const { url } = await startBeginning();
    const { body } = await open(attach(url, { silenceTimeoutMs: 100 }).client);
    expect(await failureOf(text(body))).toMatchObject({ failure: "timeout", status: 504 });
  });

  it("is not silent while its reader is slow", async () => {
    const { url, untilStalled } = await startEndless();
    const { body } = await open(attach(url, { silenceTimeoutMs: 100 }).client);
    body.once("readable", () => void body.read(1));
    await untilStalled(40_000_000);
    await delay(300);
    expect(body.destroyed).toBe(false);
    body.destroy();
  });

  it("ends when the caller of this process stops waiting, but not at the call's own limit", async () => {
    const waits: unknown[] = [];
    const { url } = await startService(({ headers }, res) => {
      waits.push(headers["x-envoy-expected-rq-timeout-ms"]);
      res.write("first ");
    });
    const { client } = attach(url);
    const free = await open(client, { timeoutMs: 50_000 });
    const endTimeout = watchTimeouts();
    const { body } = await inContext(400_000, () => open(client, { timeoutMs: 50_000 }));
    const read = failureOf(text(body));
    endTimeout(300_000);
    expect(await read).toMatchObject({ failure: "timeout", status: 504 });
    expect(waits).toEqual([undefined, expect.stringMatching(/^(400000|39\d{4})$/)]);
    expect(free.body.destroyed).toBe(false);
    free.body.destroy();
  });

  it("is given up when nobody reads it", async () => {
    const { url } = await startBeginning();
    const endTimeout = watchTimeouts();
    const { body } = await open(attach(url, { timeoutMs: 5000 }).client);
    const closed = once(body, "error");
    endTimeout(10_000);
    expect(await closed).toMatchObject([
      { message: "The stock service sent a response that nobody has read." },
    ]);
  });

  it("has a limit if the call asks for one", async () => {
    const { url } = await startEndless();
    const { body } = await open(attach(url).client, { limitBytes: 100_000 });
    expect(await failureOf(text(body))).toMatchObject({
      failure: "badResponse",
      message: "The stock service sent a response that is too large.",
    });
  });
});

describe("a call for a stream", () => {
  const refusing =
    (status: number, body: string | Buffer = '{"detail":"No film."}'): RequestListener =>
    (_req, res) =>
      res.writeHead(status).end(body);

  it("throws the problem of an error response, and resolves with an accepted one", async () => {
    const { url } = await startService(refusing(404));
    const { client } = attach(url);
    const err = await failureOf(open(client));
    expect(err).toBeInstanceOf(ServiceProblem);
    expect(err).toMatchObject({ problem: { status: 404, detail: "No film." } });
    const { status, body } = await open(client, { accept: [404] });
    expect([status, await text(body)]).toEqual([404, '{"detail":"No film."}']);
  });

  it("throws for a redirect, and for an error response of any size", async () => {
    const { url } = await startService((req, res) =>
      req.url === "/redirect"
        ? refusing(302)(req, res)
        : refusing(500, Buffer.alloc(9e6))(req, res),
    );
    const { client } = attach(url);
    const problem = { type: "about:blank", title: "Status 500", status: 500 };
    expect(await failureOf(open(client))).toMatchObject({ problem });
    expect(await failureOf(open(client, { path: "/redirect" }))).toMatchObject({
      failure: "badResponse",
    });
  });

  it("is repeated until the response begins, as it is idempotent", async () => {
    let tries = 0;
    const { url } = await startService(({ socket }, res) => {
      tries++;
      if (tries === 1) socket.resetAndDestroy();
      else if (tries === 2) res.writeHead(503, { "Retry-After": "0" }).end();
      else res.end("third");
    });
    const { body } = await open(attach(url).client);
    expect([await text(body), tries]).toEqual(["third", 3]);
  });

  it("is not repeated after that", async () => {
    const { url, begun, asked } = await startBeginning();
    const { body } = await open(attach(url).client);
    begun[0]!.socket!.resetAndDestroy();
    expect(await failureOf(text(body))).toMatchObject({ failure: "broken" });
    expect(asked).toHaveLength(1);
  });

  it("ends in time when the response does not begin", async () => {
    const { url, asked } = await startService(() => undefined);
    const endTimeout = watchTimeouts();
    const call = failureOf(open(attach(url, { silenceTimeoutMs: 0 }).client));
    while (asked.length === 0) await turn();
    endTimeout(500_000);
    expect(await call).toMatchObject({ failure: "timeout", status: 504 });
  });

  it("waits for a connection of its own kind: streams do not hold up calls", async () => {
    const { url, begun, asked } = await startBeginning();
    const { client } = attach(url, { connections: 1 });
    const first = await open(client);
    const waiting = failureOf(open(client, { timeoutMs: 50 }));
    expect(await waiting).toMatchObject({ failure: "unreachable", status: 503 });
    const call = client.call({ method: "GET", path: "/ships" });
    while (asked.length < 2) await turn();
    begun[1]!.end();
    await call;
    const next = open(client);
    begun[0]!.end("second");
    expect(await text(first.body)).toBe("first second");
    (await next).body.destroy();
    expect(asked).toEqual(["GET /films/7", "GET /ships", "GET /films/7"]);
  });

  it("fails at once when the client is closed, which waits for those that have begun", async () => {
    const { url, begun } = await startBeginning();
    const { client } = attach(url);
    const { body } = await open(client);
    const closed = client.close();
    expect(await failureOf(open(client))).toMatchObject({ failure: "unreachable" });
    begun[0]!.end("second");
    expect(await text(body)).toBe("first second");
    await closed;
  });

  it("sends a stream, too", async () => {
    const { url } = await startService((req, res) => void req.pipe(res));
    const content = {
      type: "text/plain",
      data: (async function* () {
        yield await Promise.resolve("to and fro");
      })(),
    };
    const { body } = await attach(url).client.stream({ method: "POST", path: "/", content });
    expect(await text(body)).toBe("to and fro");
  });
});
