import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Metadata, status } from "@grpc/grpc-js";
import { BackingServiceUnavailable } from "berth/backing";
import { currentContext, keepWorkContexts } from "berth/process";
import { watchTimeouts } from "berth/testing";
import { CallError } from "../src/call-error";
import type { Call, Handler } from "../src/handlers";
import { messageIn } from "../src/protos";
import { createGrpcService } from "../src/service";
import { ownProtos } from "../src/testing";
import {
  ask,
  closeGrpc,
  connectHttp2,
  createClient,
  open,
  ship,
  ships,
  startGrpc,
  statusOf,
} from "./support/grpc";

afterEach(closeGrpc);
keepWorkContexts();

const text = expect.any(String) as string;
const number = expect.any(Number) as number;
const echo: Handler = (request) => Promise.resolve(request);
const never = (signal: AbortSignal) => once(signal, "abort");

/** Resolves once the log has this many lines. */
async function lines(log: object[], count: number): Promise<object[]> {
  while (log.length < count) await nextTurn();
  return log;
}

function metadataOf(values: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  return metadata;
}

describe("a call", () => {
  it("gets a response and a log line", async () => {
    const { port, log } = await startGrpc({ getShip: echo });
    const sent = { name: "Aurora", fullTonnage: "9007199254740993", harbour: { name: "Oban" } };
    const metadata = metadataOf({
      "x-request-id": "r-1",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    const { response, trailers } = await createClient(port).unary("Ships.GetShip", sent, metadata);
    expect(response).toMatchObject(sent);
    expect(trailers.get("x-request-id")).toEqual(["r-1"]);
    expect(await lines(log, 1)).toEqual([
      {
        level: "info",
        time: number,
        requestId: "r-1",
        traceId: "0af7651916cd43dd8448eb211c80319c",
        method: "/test.ships.Ships/GetShip",
        code: "OK",
        durationMs: number,
        client: "127.0.0.1",
        msg: "call",
      },
    ]);
  });

  it("gets a new request id if the client's is not valid", async () => {
    const { port } = await startGrpc({ getShip: echo });
    const metadata = metadataOf({ "x-request-id": "a b" });
    const { trailers } = await createClient(port).unary("Ships.GetShip", {}, metadata);
    expect(trailers.get("x-request-id")[0]).toMatch(/^[\da-f-]{36}$/);
  });

  it("runs in its work context", async () => {
    let context: ReturnType<typeof currentContext>;
    const { port } = await startGrpc({
      getShip(request) {
        context = currentContext();
        return Promise.resolve(request);
      },
    });
    const session = await connectHttp2(port);
    const before = performance.now();
    await ask(session, "GetShip", ship({}), { "grpc-timeout": "600S", "x-request-id": "r-2" });
    expect(context?.fields()).toMatchObject({
      requestId: "r-2",
      method: "/test.ships.Ships/GetShip",
    });
    expect(context?.headersToPropagate?.()).toEqual({ "x-request-id": "r-2" });
    expect(context?.deadline).toBeGreaterThan(before + 599_000);
    expect(context?.deadline).toBeLessThan(performance.now() + 600_001);
  });

  it("is not handled if its deadline has passed", async () => {
    let calls = 0;
    const { port, log } = await startGrpc({
      getShip(request) {
        calls++;
        return Promise.resolve(request);
      },
    });
    const session = await connectHttp2(port);
    const received = await ask(session, "GetShip", ship({}), { "grpc-timeout": "0n" });
    expect([received, calls]).toEqual([String(status.DEADLINE_EXCEEDED), 0]);
    expect(await lines(log, 1)).toMatchObject([{ code: "DEADLINE_EXCEEDED" }]);
  });

  it.each(["abc", "5", "S", "", "-5S", "1.5S", "5S5S", "123456789S", "5X"])(
    "is refused with INVALID_ARGUMENT for a timeout of %j",
    async (timeout) => {
      const { port, log } = await startGrpc({ getShip: echo });
      const session = await connectHttp2(port);
      const received = await ask(session, "GetShip", ship({}), { "grpc-timeout": timeout });
      expect(received).toBe(String(status.INVALID_ARGUMENT));
      expect(await lines(log, 1)).toMatchObject([{ level: "info", code: "INVALID_ARGUMENT" }]);
    },
  );

  it.each(["2592000S", "99999999H", "99999999M", "99999999m", "00000060S"])(
    "has a deadline in the future for a timeout of %s",
    async (timeout) => {
      let deadline = 0;
      const { port } = await startGrpc({
        getShip(request) {
          deadline = currentContext()?.deadline ?? 0;
          return Promise.resolve(request);
        },
      });
      const session = await connectHttp2(port);
      expect(await ask(session, "GetShip", ship({}), { "grpc-timeout": timeout })).toBe("0");
      expect(deadline).toBeGreaterThan(performance.now());
    },
  );

  it("is aborted when the deadline passes", async () => {
    let over = false;
    const endTimeout = watchTimeouts();
    const { port, log } = await startGrpc({
      async getShip(request, { signal }) {
        setImmediate(endTimeout, 500_000);
        await never(signal);
        over = true;
        return request;
      },
    });
    const session = await connectHttp2(port);
    const received = await ask(session, "GetShip", ship({}), { "grpc-timeout": "600S" });
    expect(received).toBe(String(status.DEADLINE_EXCEEDED));
    while (!over) await nextTurn();
    expect(await lines(log, 1)).toMatchObject([{ level: "info", code: "DEADLINE_EXCEEDED" }]);
  });

  it("fails if the request is not complete in time", async () => {
    const { port, log } = await startGrpc({ getShip: echo }, { requestTimeoutMs: 20 });
    const stream = open(await connectHttp2(port), "GetShip");
    stream.write(ship({}).subarray(0, 3));
    stream.resume();
    expect(await statusOf(stream)).toBe(String(status.DEADLINE_EXCEEDED));
    expect(await lines(log, 1)).toMatchObject([{ code: "DEADLINE_EXCEEDED" }]);
  });

  it.each([
    ["that is malformed", Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]), "INVALID_ARGUMENT"],
    ["that is larger than the limit", ship({ name: "a".repeat(2000) }), "RESOURCE_EXHAUSTED"],
    ["that is not a gRPC message", Buffer.from("hello, world"), "RESOURCE_EXHAUSTED"],
  ] as const)("is refused with a message %s", async (_what, body, code) => {
    const { port, log } = await startGrpc({ getShip: echo });
    expect(await ask(await connectHttp2(port), "GetShip", body)).toBe(String(status[code]));
    expect(await lines(log, 1)).toMatchObject([{ level: "info", code }]);
  });

  it("is refused if the method is unknown", async () => {
    const { port } = await startGrpc();
    const session = await connectHttp2(port);
    expect(await ask(session, "SinkShip", ship({}))).toBe(String(status.UNIMPLEMENTED));
  });
});

describe("an error", () => {
  const fails = (err: Error) => startGrpc({ getShip: () => Promise.reject(err) });
  const statusProtos = ownProtos("status.proto");
  const details = (metadata: Metadata) => {
    const [bytes] = metadata.get("grpc-status-details-bin");
    const read = (name: string, of: Buffer) => messageIn(statusProtos, name).deserialize(of);
    const { details, ...rest } = read("google.rpc.Status", bytes as Buffer) as {
      details: { type_url: string; value: Buffer }[];
    };
    return {
      ...rest,
      details: details.map(({ type_url, value }) => read(type_url.split("/")[1]!, value)),
    };
  };

  it("of a handler has its code and its field violations", async () => {
    const violations = [{ field: "name", description: "is required" }];
    const { port, log } = await fails(new CallError("INVALID_ARGUMENT", "No.", { violations }));
    const err = await createClient(port)
      .unary("Ships.GetShip")
      .catch((thrown: unknown) => thrown);
    expect(err).toMatchObject({ code: status.INVALID_ARGUMENT, details: "No." });
    expect(details((err as { metadata: Metadata }).metadata)).toEqual({
      code: status.INVALID_ARGUMENT,
      message: "No.",
      details: [{ fieldViolations: violations }],
    });
    expect(await lines(log, 1)).toMatchObject([{ level: "info", code: "INVALID_ARGUMENT" }]);
  });

  it("of a backing service says when to retry", async () => {
    const { port, log } = await fails(new BackingServiceUnavailable("database", new Error("gone")));
    const err = await createClient(port)
      .unary("Ships.GetShip")
      .catch((thrown: unknown) => thrown);
    expect(err).toMatchObject({
      code: status.UNAVAILABLE,
      details: "The database is not available at the moment.",
    });
    expect(details((err as { metadata: Metadata }).metadata).details).toEqual([
      { retryDelay: { seconds: "5", nanos: 0 } },
    ]);
    expect(await lines(log, 2)).toMatchObject([
      { level: "error", requestId: text, err: { stack: text }, msg: "call failed" },
      { level: "info", code: "UNAVAILABLE" },
    ]);
  });

  it.each([[new Error("secret")], [undefined], [{ status: 200 }], [{ status: "400" }]])(
    "that is not meant for clients has no details: %p",
    async (thrown) => {
      const { port, log } = await fails(thrown as Error);
      const failed = createClient(port).unary("Ships.GetShip");
      await expect(failed).rejects.toMatchObject({
        code: status.INTERNAL,
        details: "The call failed.",
      });
      expect(await lines(log, 2)).toMatchObject([{ level: "error" }, { code: "INTERNAL" }]);
    },
  );

  it("that only has a statusCode gets the code for it, as over HTTP", async () => {
    const { port } = await fails(Object.assign(new Error("secret"), { statusCode: 404 }));
    await expect(createClient(port).unary("Ships.GetShip")).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: "The call failed.",
    });
  });

  it("of a backing service that is too slow is logged with its reason", async () => {
    const late = Object.assign(new Error("The stock service has not responded."), { status: 504 });
    const { port, log } = await fails(late);
    await expect(createClient(port).unary("Ships.GetShip")).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    expect(await lines(log, 2)).toMatchObject([{ level: "error", msg: "call failed" }, {}]);
  });

  it("that a handler throws on purpose is not logged as an error", async () => {
    const { port, log } = await fails(new CallError("UNAVAILABLE", "Going away."));
    await expect(createClient(port).unary("Ships.GetShip")).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    expect(await lines(log, 1)).toMatchObject([{ level: "info", code: "UNAVAILABLE" }]);
  });

  it("is INTERNAL if the response cannot be serialized", async () => {
    const { port, log } = await startGrpc({
      getShip: () => Promise.resolve({ name: 1n, harbour: 5 }),
    });
    await expect(createClient(port).unary("Ships.GetShip")).rejects.toMatchObject({
      code: status.INTERNAL,
    });
    expect(await lines(log, 2)).toMatchObject([{ level: "error", msg: "call failed" }, {}]);
  });
});

describe("a connection without calls", () => {
  it("stays open if there is no keep-alive timeout", async () => {
    const { port } = await startGrpc({}, { keepAliveTimeoutMs: 0 });
    const session = await connectHttp2(port);
    let isSentAway = false;
    session.on("goaway", () => (isSentAway = true));
    const ping = () =>
      new Promise<void>((resolve, reject) => {
        session.ping((err) => (err ? reject(err) : resolve()));
      });
    // A timeout of 0 ms would close it between two pings.
    for (let i = 0; i < 50 && !isSentAway; i++) await ping();
    expect(isSentAway).toBe(false);
  });
});

describe("a stream", () => {
  /** A handler that sends endlessly and counts. */
  function endless() {
    const seen = { sent: 0, ended: false };
    const handler: Handler = async function* () {
      try {
        for (;;) {
          yield await Promise.resolve({ name: "a".repeat(1000) });
          seen.sent++;
        }
      } finally {
        seen.ended = true;
      }
    };
    return { seen, handler };
  }

  it("sends what its handler yields", async () => {
    const { port, log } = await startGrpc({
      async *listShips() {
        for (const name of ["Aurora", "Bounty"]) yield await Promise.resolve({ name });
      },
    });
    const names: string[] = [];
    for await (const of of createClient(port).stream("Ships.ListShips"))
      names.push((of as { name: string }).name);
    expect(names).toEqual(["Aurora", "Bounty"]);
    expect(await lines(log, 1)).toMatchObject([{ code: "OK" }]);
  });

  it("receives requests while it responds", async () => {
    const { port } = await startGrpc({
      async *echoShips(requests) {
        for await (const of of requests as AsyncIterable<object>) yield of;
      },
    });
    const both = createClient(port).bidi("Ships.EchoShips");
    const responses = both.iterator({ destroyOnReturn: false });
    for (const name of ["Aurora", "Bounty"]) {
      both.write({ name });
      expect((await responses.next()).value).toMatchObject({ name });
    }
    both.end();
    expect((await responses.next()).done).toBe(true);
  });

  it("ends with the status that its handler throws", async () => {
    const { port } = await startGrpc({
      async *listShips() {
        yield await Promise.resolve({ name: "Aurora" });
        throw new CallError("UNAVAILABLE", "Come back.");
      },
    });
    const stream = createClient(port).stream("Ships.ListShips");
    const seen: object[] = [];
    const read = async () => {
      for await (const of of stream) seen.push(of as object);
    };
    await expect(read()).rejects.toMatchObject({ code: status.UNAVAILABLE, details: "Come back." });
    expect(seen).toHaveLength(1);
  });

  it("ends its handler when the client cancels it", async () => {
    const { seen, handler } = endless();
    const { port, log } = await startGrpc({ listShips: handler });
    const stream = createClient(port).stream("Ships.ListShips");
    await once(stream, "data");
    stream.cancel();
    while (!seen.ended) await nextTurn();
    expect(await lines(log, 1)).toMatchObject([{ code: "CANCELLED" }]);
  });

  it("applies backpressure to a client that does not read, and cancels it after the timeout", async () => {
    const { seen, handler } = endless();
    const { port, log } = await startGrpc({ listShips: handler }, { responseTimeoutMs: 100 });
    const stream = open(await connectHttp2(port), "ListShips");
    stream.on("error", () => undefined).end(ship({}));
    expect(await lines(log, 1)).toMatchObject([{ code: "CANCELLED" }]);
    while (!seen.ended) await nextTurn();
    // The flow-control window is 64 KiB; the rest is in Node's buffers.
    expect(seen.sent).toBeLessThan(200);
  });
});

describe("a drain", () => {
  /** A handler that waits until the test lets it continue. */
  function gate() {
    let pass!: () => void;
    let enter!: () => void;
    const opened = new Promise<void>((resolve) => (pass = resolve));
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const handler: Handler = async (request) => {
      enter();
      await opened;
      return request;
    };
    return { pass, entered, handler };
  }

  const goneAway = async (session: ClientHttp2Session) => {
    const [code, last] = (await once(session, "goaway")) as [number, number];
    return [code, last];
  };

  it("completes calls in flight, and calls that are already on their way", async () => {
    const { pass, entered, handler } = gate();
    const { service, port } = await startGrpc({ getShip: handler });
    const session = await connectHttp2(port);
    const first = ask(session, "GetShip", ship({}));
    await entered;
    expect(service.isReady()).toBe(true);
    service.beginDrain();
    expect(service.isReady()).toBe(false);
    // The GOAWAY refuses no stream id yet: the client's next call may be on its way.
    const notice = goneAway(session);
    const drained = service.drain(5000);
    expect(await notice).toEqual([0, 2 ** 31 - 1]);
    pass();
    expect(await first).toBe("0");
    await drained;
    await expect(connectHttp2(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("does not wait for idle or never-used connections", async () => {
    const { service, port } = await startGrpc({ getShip: echo });
    const used = await connectHttp2(port);
    await ask(used, "GetShip", ship({}));
    await connectHttp2(port);
    service.beginDrain();
    await service.drain(60_000);
    expect(used.destroyed || used.closed).toBe(true);
  });

  it("cancels the call of a client that does not read", async () => {
    const { service, port, log } = await startGrpc({
      async *listShips() {
        for (;;) yield await Promise.resolve({ name: "a".repeat(1000) });
      },
    });
    const stream = open(await connectHttp2(port), "ListShips");
    stream.on("error", () => undefined).end(ship({}));
    await once(stream, "response");
    service.beginDrain();
    await service.drain(400);
    expect(log).toMatchObject([{ code: "CANCELLED" }]);
  });

  it("can be forced", async () => {
    const { entered, handler } = gate();
    const { service, port } = await startGrpc({ getShip: handler });
    const stuck = ask(await connectHttp2(port), "GetShip", ship({}));
    await entered;
    service.beginDrain();
    const drained = service.drain(5000);
    service.destroy();
    await drained;
    expect(await stuck).not.toBe("0");
  });
});

it("requires a handler for each method", () => {
  const make = (handlers: Record<string, (request: object, call: Call) => Promise<object>>) =>
    createGrpcService({
      services: [{ name: "test.ships.Ships", protos: ships, handlers }],
      attached: {},
    } as never);
  expect(() => make({ getShip: echo as never })).toThrow(
    "There is no handler for /test.ships.Ships/ListShips",
  );
});
