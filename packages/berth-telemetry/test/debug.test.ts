// What a process says of its inside, in this process.
import request from "supertest";
import { poolCreated, rpcEnd } from "berth/channels";
import { createTestLogger } from "berth/testing";
import { createRunTask } from "../src/debug/captures";
import { createLastMinute } from "../src/debug/last-minute";
import type { ProcessState } from "../src/debug/state";
import { mountDebug } from "../src";
import { DEBUG_TOKEN, type State } from "./support/debug";
import { endObserving, observedApp } from "./support/observed";

afterEach(endObserving);

describe("durations of the last minute", () => {
  it("are counted, with quantiles that are at most a tenth too high", () => {
    const durations = createLastMinute(() => 0);
    for (let ms = 1; ms <= 1000; ms++) durations.add(ms);
    const { count, p50Ms, p99Ms, maxMs } = durations.read();
    expect([count, maxMs]).toEqual([1000, 1000]);
    expect(p50Ms).toBeGreaterThanOrEqual(500);
    expect(p50Ms).toBeLessThanOrEqual(550);
    expect(p99Ms).toBeGreaterThanOrEqual(990);
    expect(p99Ms).toBeLessThanOrEqual(1000);
  });

  it("are forgotten after a minute", () => {
    let now = 5_000;
    const durations = createLastMinute(() => now);
    durations.add(70);
    now = 35_000;
    durations.add(20);
    now = 59_999;
    expect(durations.read()).toMatchObject({ count: 2, maxMs: 70 });
    now = 65_000;
    expect(durations.read()).toEqual({ count: 1, p50Ms: 20, p99Ms: 20, maxMs: 20 });
    now = 3_600_000;
    expect(durations.read()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  it.each([0, 0.01, 1e9])("may be %d ms", (ms) => {
    const durations = createLastMinute(() => 0);
    durations.add(ms);
    expect(durations.read()).toMatchObject({ count: 1, maxMs: Math.round(ms * 10) / 10 });
  });
});

it("refuses a heap snapshot for which too little memory is free", async () => {
  const { logger, log } = createTestLogger();
  const run = createRunTask(() => ({}) as ProcessState, logger);
  const free = jest.spyOn(process, "availableMemory").mockReturnValue(20 * 1024 * 1024);
  const { signal } = new AbortController();
  const outcome = await run({ kind: "heap-snapshot", maxMb: undefined }, signal);
  free.mockRestore();
  expect(outcome).toEqual({
    status: 409,
    detail: expect.stringMatching(/ MB of memory; 20 MB are free\. .*\?max-mb=\d+\./) as string,
  });
  expect(log).toEqual([]);
});

describe("GET /debug/state", () => {
  const readState = async () => {
    const { app } = await observedApp(mountDebug, { DEBUG_TOKEN });
    return async () => {
      const res = await request(app).get("/debug/state").auth(DEBUG_TOKEN, { type: "bearer" });
      expect([res.status, res.get("Cache-Control")]).toEqual([200, "no-store"]);
      return (res.body as State).processes[0]!;
    };
  };

  it("has the connection pools that are open", async () => {
    const read = await readState();
    const stats = { size: 10, open: 4, idle: 1, waiting: 2 };
    let isOpen = true;
    poolCreated.publish({ stats: () => (isOpen ? stats : undefined) });
    expect((await read()).pools).toEqual([{ size: 10, used: 3, idle: 1, waiting: 2 }]);
    isOpen = false;
    expect((await read()).pools).toEqual([]);
  });

  it("has the methods of gRPC among the routes", async () => {
    const read = await readState();
    const call = { method: "/notes.v1.Notes/GetNote", headers: {}, startedAt: 0 };
    rpcEnd.publish({ ...call, durationMs: 12, code: "OK" });
    expect((await read()).slowestRoutes).toEqual([
      { route: "/notes.v1.Notes/GetNote", count: 1, p50Ms: 12, p99Ms: 12, maxMs: 12 },
    ]);
  });
});
