import { EventEmitter } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { setImmediate as nextTurn } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { createUnfinishedRequests } from "../src/unfinished-requests";
import { closeGrpc, connectHttp2, open, ship, startGrpc, statusOf } from "./support/grpc";

afterEach(closeGrpc);

const MIB = 1_048_576;

it("refuses the oldest requests when the unfinished ones hold more than 32 MiB", async () => {
  const { port } = await startGrpc(
    { getShip: (request) => Promise.resolve(request) },
    { messageLimitBytes: MIB },
  );
  const session = await connectHttp2(port);
  const whole = ship({ name: "a".repeat(MIB - 10) });
  const statuses = Array.from({ length: 40 }, () => {
    const stream = open(session, "GetShip").on("error", () => undefined);
    stream.write(whole);
    return statusOf(stream.resume());
  });
  const refused = await Promise.all(statuses.slice(0, 9));
  expect(refused).toEqual(Array(9).fill(String(status.RESOURCE_EXHAUSTED)));
});

/** Tracks requests by name, with this limit for all of them. */
function track(limitBytes: number) {
  const trackRequest = createUnfinishedRequests(limitBytes);
  const refused: string[] = [];
  return {
    refused,
    request: (name: string, decompressMessage = (bytes: Buffer): unknown => bytes.subarray(5)) => {
      const stream = new EventEmitter();
      const decoder = { readState: 0, readPartialMessage: [Buffer.alloc(1)] };
      const call = { decompressMessage, decoder } as {
        decoder: typeof decoder;
        decompressMessage: (bytes: Buffer, encoding: string) => unknown;
      };
      const held = trackRequest(call, stream as ServerHttp2Stream, () => refused.push(name));
      const send = (bytes: number): unknown => stream.emit("data", Buffer.alloc(bytes));
      return { ...held, call, send };
    },
  };
}

describe("an unfinished request", () => {
  it("is refused when it is the oldest and the limit is exceeded", () => {
    const { request, refused } = track(10_000);
    const [first, second, third] = ["first", "second", "third"].map((name) => request(name));
    first!.send(4000);
    second!.send(4000);
    first!.send(1000);
    expect(refused).toEqual([]);
    third!.send(4000);
    expect(refused).toEqual(["first"]);
    first!.send(9000);
    expect(refused).toEqual(["first"]);
    second!.end();
    third!.send(5000);
    expect(refused).toEqual(["first"]);
  });

  it("counts more when it is sent byte by byte", () => {
    const { request, refused } = track(10_000);
    const { send } = request("slow");
    for (let byte = 0; byte < 100; byte++) send(1);
    expect(refused).toEqual(["slow"]);
  });

  it("does not count a stream's messages after the handler got them", () => {
    const { request, refused } = track(10_000);
    const stream = request("stream");
    for (let message = 0; message < 10; message++) {
      stream.send(4005);
      stream.call.decompressMessage(Buffer.alloc(4005), "identity");
      expect(stream.call.decoder.readPartialMessage).toEqual([]);
      stream.release(4000);
    }
    expect(refused).toEqual([]);
  });

  it("counts its decompressed size", async () => {
    const { request, refused } = track(10_000);
    const bomb = request("bomb", () => Promise.resolve(Buffer.alloc(20_000)));
    bomb.send(105);
    expect(refused).toEqual([]);
    await bomb.call.decompressMessage(Buffer.alloc(105), "gzip");
    expect(refused).toEqual(["bomb"]);
  });

  it("waits for its turn to be decompressed, and is not decompressed once refused", async () => {
    const { request } = track(10_000);
    const done: (() => void)[] = [];
    const { call, end } = request(
      "bomb",
      () => new Promise((resolve) => done.push(() => resolve(Buffer.alloc(10)))),
    );
    for (let message = 0; message < 100; message++) {
      void call.decompressMessage(Buffer.alloc(105), "gzip");
    }
    await nextTurn();
    expect(done).toHaveLength(8);
    done[0]!();
    await nextTurn();
    expect(done).toHaveLength(9);
    end();
    for (const finish of done) finish();
    await nextTurn();
    expect(done).toHaveLength(9);
    const other = request("other", () => Promise.resolve(Buffer.alloc(7)));
    expect(await other.call.decompressMessage(Buffer.alloc(105), "gzip")).toHaveLength(7);
  });
});
