import { createPeriodic } from "../../src/process/every";
import { createTestLogger } from "../../src/testing/app";
import { holdTimeouts } from "../../src/testing/timers";

/** Lets everything run that waits for no timer. */
const settle = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Work that ends when the test says so. */
function work() {
  const ends: (() => void)[] = [];
  const run = jest.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  return { run, end: () => ends.shift()?.() };
}

/** The clock for intervals. */
let elapsedMs = 0;
const elapsed = () => elapsedMs;
const pass = (ms: number) => {
  elapsedMs += ms;
  jest.advanceTimersByTime(ms);
};

beforeEach(holdTimeouts);

describe("every, with milliseconds", () => {
  it("runs at once, then after each interval, without overlap", async () => {
    const { logger } = createTestLogger();
    const { every, stop } = createPeriodic({ logger, elapsed });
    const { run, end } = work();
    every(1000, run);
    expect(run).not.toHaveBeenCalled();
    await settle();
    expect(run).toHaveBeenCalledTimes(1);
    pass(5000);
    await settle();
    expect(run).toHaveBeenCalledTimes(1);
    // It is late already.
    end();
    await settle();
    expect(run).toHaveBeenCalledTimes(2);
    end();
    await settle();
    pass(999);
    await settle();
    expect(run).toHaveBeenCalledTimes(2);
    pass(1);
    await settle();
    expect(run).toHaveBeenCalledTimes(3);
    end();
    await stop();
  });

  it("logs an error of the work, counts it, and goes on", async () => {
    const { logger, log } = createTestLogger();
    const { every, stop } = createPeriodic({ logger, elapsed });
    const results = [false, false, true, false];
    every(10, () => {
      if (!results.shift()) throw new Error("no luck");
    });
    for (let run = 0; run < 4; run++) {
      await settle();
      pass(10);
    }
    await settle();
    await stop();
    expect(log.slice(0, 3)).toMatchObject(
      [1, 2, 1].map((failures) => ({
        level: "error",
        schedule: 10,
        failures,
        err: { message: "no luck" },
        msg: "periodic work failed",
      })),
    );
  });

  it("waits at its stop for the run in progress, and starts no other", async () => {
    const { logger } = createTestLogger();
    const { every, stop } = createPeriodic({ logger, elapsed });
    const { run, end } = work();
    every(1000, run);
    await settle();
    let isStopped = false;
    const stopped = stop().then(() => (isStopped = true));
    await settle();
    expect(isStopped).toBe(false);
    end();
    await stopped;
    pass(5000);
    await settle();
    expect(run).toHaveBeenCalledTimes(1);
  });

  it.each([0, -1, 1.5, NaN, Infinity])("refuses %d", (ms) => {
    const { every } = createPeriodic(createTestLogger());
    expect(() => every(ms, () => undefined)).toThrow(
      "expected milliseconds, an integer of at least 1",
    );
  });
});

describe("every, with a cron line", () => {
  it("runs at the times that it names, in UTC, by the clock", async () => {
    let now = new Date("2026-11-01T02:59:30Z");
    const { logger } = createTestLogger();
    const { every, stop } = createPeriodic({ logger, now: () => now });
    const { run, end } = work();
    every("0 3 * * *", run);
    await settle();
    now = new Date("2026-11-01T02:59:59.999Z");
    jest.advanceTimersByTime(30_000);
    await settle();
    expect(run).not.toHaveBeenCalled();
    now = new Date("2026-11-01T03:00:00Z");
    jest.advanceTimersByTime(1);
    await settle();
    expect(run).toHaveBeenCalledTimes(1);
    // It takes two days: what would have been due meanwhile is left out.
    now = new Date("2026-11-03T04:00:00Z");
    end();
    await settle();
    jest.advanceTimersByTime(60_000);
    await settle();
    expect(run).toHaveBeenCalledTimes(1);
    await stop();
  });

  it("refuses a wrong line at once", () => {
    const { every } = createPeriodic(createTestLogger());
    expect(() => every("0 3 * *", () => undefined)).toThrow('"0 3 * *" is no cron line');
  });
});
