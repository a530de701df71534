import { once } from "node:events";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import type { Handler } from "../src/handlers";
import { messageIn } from "../src/protos";
import { ask, closeGrpc, connectHttp2, framed, open, ship, ships, startGrpc } from "./support/grpc";
import {
  callHead,
  connectRaw,
  CONTINUATION,
  DATA,
  ended,
  END_HEADERS,
  END_STREAM,
  flood,
  frame,
  header,
  HEADERS,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
} from "./support/http2-frames";

afterEach(closeGrpc);

const echo: Handler = (request) => Promise.resolve(request);
const GET_SHIP = "/test.ships.Ships/GetShip";
const started = Buffer.concat([PREFACE, frame(SETTINGS)]);
const repeat = (times: number, bytes: Buffer) => Buffer.concat(Array<Buffer>(times).fill(bytes));

/** Starts a service with a second, well-behaved client. */
async function startWithNeighbour(
  handlers: Parameters<typeof startGrpc>[0] = { getShip: echo },
  options: Parameters<typeof startGrpc>[1] = {},
) {
  const { port, log } = await startGrpc(handlers, options);
  const neighbour = await connectHttp2(port);
  return { port, log, neighbour: () => ask(neighbour, "GetShip", ship({ name: "Aurora" })) };
}

describe("only the connection is closed", () => {
  const unended = frame(HEADERS, 0, 1, callHead(GET_SHIP));

  it.each<[string, (socket: Socket) => void]>([
    ["of a client that speaks HTTP/1.1", (socket) => void socket.write("GET / HTTP/1.1\r\n\r\n")],
    [
      "of a client that speaks TLS",
      (socket) => void socket.write("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4"),
    ],
    [
      "of a client that sends endless headers",
      (socket) => {
        socket.write(Buffer.concat([started, unended]));
        flood(socket, frame(CONTINUATION, 0, 1, header("x-name", "a".repeat(100))));
      },
    ],
    [
      "of a client that sends endless SETTINGS frames",
      (socket) => {
        socket.write(started);
        flood(socket, frame(SETTINGS));
      },
    ],
    [
      "of a client that sends endless PINGs without reading the responses",
      (socket) => {
        socket.pause().write(started);
        flood(socket, repeat(100, frame(PING, 0, 0, Buffer.alloc(8))));
      },
    ],
    [
      "of a client that sends endless empty DATA frames",
      (socket) => {
        socket.write(Buffer.concat([started, frame(HEADERS, END_HEADERS, 1, callHead(GET_SHIP))]));
        flood(socket, frame(DATA, 0, 1));
      },
    ],
  ])("%s", async (_what, misbehave) => {
    const { port, neighbour } = await startWithNeighbour();
    const socket = await connectRaw(port);
    const end = ended(socket);
    misbehave(socket);
    expect(await neighbour()).toBe("0");
    await end;
    expect(await neighbour()).toBe("0");
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["only the HTTP/2 preface", started],
  ])("of a client that sends %s, after the keep-alive timeout", async (_what, bytes) => {
    const { port } = await startGrpc({}, { keepAliveTimeoutMs: 50 });
    const socket = await connectRaw(port);
    socket.write(bytes);
    await ended(socket);
  });
});

describe("a client cannot make", () => {
  const call = (id: number) =>
    Buffer.concat([
      frame(HEADERS, END_HEADERS, id, callHead(GET_SHIP)),
      frame(DATA, END_STREAM, id, ship({ name: "Bounty" })),
    ]);
  const idsOf = (count: number) => Array.from({ length: count }, (_, i) => 2 * i + 1);

  it("more concurrent calls on one connection than the limit", async () => {
    let running = 0;
    const waits: Handler = async (request, { signal }) => {
      if ((request as { name: string }).name === "Aurora") return request;
      running++;
      await once(signal, "abort");
      return request;
    };
    const { port, neighbour } = await startWithNeighbour(
      { getShip: waits },
      { maxConcurrentStreams: 10 },
    );
    const socket = await connectRaw(port);
    socket.write(Buffer.concat([started, ...idsOf(500).map(call)]));
    while (running < 10) await nextTurn();
    expect(await neighbour()).toBe("0");
    expect(running).toBe(10);
  });

  it("the server run endless calls that it resets at once", async () => {
    let ran = 0;
    const counts: Handler = async (request) => {
      ran++;
      return Promise.resolve(request);
    };
    const { port, neighbour } = await startWithNeighbour({ getShip: counts });
    const socket = await connectRaw(port);
    const cancelled = Buffer.from([0, 0, 0, 8]);
    const calls = idsOf(10_000).map((id) => [call(id), frame(RST_STREAM, 0, id, cancelled)]);
    socket.write(Buffer.concat([started, ...calls.flat()]));
    for (let i = 0; i < 20; i++) expect(await neighbour()).toBe("0");
    // Node allows a burst of 1000 resets.
    expect(ran).toBeLessThan(3000);
  });
});

it("handles 10,000 concurrent calls, and aborts them when their clients disconnect", async () => {
  let running = 0;
  const waits: Handler = async (request, { signal }) => {
    if ((request as { name: string }).name === "Aurora") return request;
    running++;
    await once(signal, "abort").finally(() => running--);
    return request;
  };
  const { port, neighbour } = await startWithNeighbour({ getShip: waits });
  const sessions = await Promise.all(Array.from({ length: 100 }, () => connectHttp2(port)));
  for (const session of sessions) {
    for (let i = 0; i < 100; i++)
      open(session, "GetShip")
        .on("error", () => undefined)
        .end(ship({}));
  }
  while (running < 10_000) await nextTurn();
  expect(await neighbour()).toBe("0");
  for (const session of sessions) session.destroy();
  while (running > 0) await nextTurn();
});

it("applies backpressure only to the streams of clients that do not read", async () => {
  const sent: number[] = [];
  const endless: Handler = async function* () {
    const at = sent.push(0) - 1;
    for (;;) {
      yield await Promise.resolve({ name: "a".repeat(10_000) });
      sent[at]!++;
    }
  };
  const { port, neighbour } = await startWithNeighbour({ getShip: echo, listShips: endless });
  const session = await connectHttp2(port);
  for (let i = 0; i < 100; i++) {
    open(session, "ListShips")
      .on("error", () => undefined)
      .end(ship({}));
  }
  while (sent.length < 100) await nextTurn();
  for (let i = 0; i < 20; i++) expect(await neighbour()).toBe("0");
  // The streams share one flow-control window of 64 KiB; the rest is in Node's buffers.
  expect(Math.max(...sent)).toBeLessThan(20);
});

it("responds UNIMPLEMENTED to an unknown service", async () => {
  const { port } = await startGrpc();
  const session = await connectHttp2(port);
  const received = await ask(session, "", ship({}), { ":path": "/test.Nobody/SinkShip" });
  expect(received).toBe(String(status.UNIMPLEMENTED));
});

describe("a message", () => {
  it("may have unknown fields", async () => {
    const { port } = await startGrpc({ getShip: echo });
    const known = messageIn(ships, "test.ships.Ship").serialize({ name: "Aurora" });
    const more = framed(Buffer.concat([known, Buffer.from([0xfa, 0x06, 3, 1, 2, 3])]));
    expect(await ask(await connectHttp2(port), "GetShip", more)).toBe("0");
  });

  it("may not exceed the limit after decompression", async () => {
    const { port } = await startGrpc({ getShip: echo });
    const bomb = framed(gzipSync(Buffer.alloc(100_000)));
    bomb[0] = 1;
    expect(bomb.length).toBeLessThan(1024);
    const received = await ask(await connectHttp2(port), "GetShip", bomb, {
      "grpc-encoding": "gzip",
    });
    expect(received).toBe(String(status.RESOURCE_EXHAUSTED));
  });
});
