import { createMemoryCounters } from "../../src/http/memory-counters";

const WINDOW_MS = 60_000;

/** Counters for few clients, with an injected clock. */
function counters(clients: number) {
  const clock = { now: 0 };
  const store = createMemoryCounters({ windowMs: WINDOW_MS, clients, now: () => clock.now });
  const count = async (client: string) => (await store.increment(client)).totalHits;
  return { store, clock, count };
}

describe("counters in memory", () => {
  it("count each client separately, from its first request", async () => {
    const { clock, count } = counters(10);
    expect(await count("a")).toBe(1);
    clock.now += WINDOW_MS - 1;
    expect([await count("a"), await count("b"), await count("a")]).toEqual([2, 1, 3]);
    clock.now += 1;
    expect([await count("a"), await count("b"), await count("b")]).toEqual([1, 2, 3]);
    clock.now += 10 * WINDOW_MS;
    expect([await count("a"), await count("b")]).toEqual([1, 1]);
  });

  it("forget only silent clients, after as many others have come", async () => {
    const { count } = counters(3);
    await count("silent");
    for (let i = 0; i < 100; i++) {
      expect(await count("busy")).toBe(i + 1);
      await count(`passing ${i}`);
      if (i === 0) expect(await count("silent")).toBe(2);
    }
    expect(await count("silent")).toBe(1);
    expect(await count("passing 0")).toBe(1);
    expect(await count("passing 99")).toBe(2);
  });

  it("return the reset time on the wall clock, whatever it has been set to", async () => {
    const { store, clock } = counters(3);
    await store.increment("a");
    clock.now += 10_000;
    const wallClock = jest.spyOn(Date, "now").mockReturnValue(5_000_000);
    const { resetTime } = await store.increment("a");
    wallClock.mockRestore();
    expect(resetTime).toEqual(new Date(5_050_000));
  });

  it("take a request back", async () => {
    const { store, count } = counters(3);
    await count("a");
    await count("a");
    await store.decrement("a");
    expect(await count("a")).toBe(2);
    await store.resetKey("a");
    expect(await count("a")).toBe(1);
    await store.decrement("unknown");
    expect(await count("unknown")).toBe(1);
  });
});
