import { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import tty from "node:tty";
import { createLifecycle, type LifecycleOptions } from "../../src/process/lifecycle";
import type { PortBoundService } from "../../src/port/service";
import { createTestLogger } from "../../src/testing/app";

/** A service that records its method calls. */
function recorder(
  name: string,
  journal: string[],
  overrides: Partial<PortBoundService> = {},
): PortBoundService {
  return {
    name,
    bind: () => {
      journal.push(`bind ${name}`);
      return Promise.resolve({ address: "::", family: "IPv6", port: 1 });
    },
    isReady: () => true,
    beginDrain: () => void journal.push(`begin ${name}`),
    drain: () => {
      journal.push(`drain ${name}`);
      return Promise.resolve();
    },
    destroy: () => void journal.push(`destroy ${name}`),
    ...overrides,
  };
}

const resource = (journal: string[]) => ({
  close: () => {
    journal.push("close");
    return Promise.resolve();
  },
});

function create(overrides: Partial<LifecycleOptions> = {}) {
  const events = new EventEmitter();
  const { logger, log } = createTestLogger();
  const lifecycle = createLifecycle({
    process: events as NodeJS.Process,
    logger,
    drainDelayMs: 0,
    shutdownTimeoutMs: 5_000,
    ...overrides,
  });
  const journal: string[] = [];
  return { events, log, lifecycle, journal };
}

/** Sends SIGTERM once everything is bound. */
const terminate = (events: EventEmitter) => setImmediate(() => events.emit("SIGTERM", "SIGTERM"));

const crash = (events: EventEmitter) =>
  setImmediate(() => events.emit("uncaughtException", new Error("boom")));

const never = () => new Promise<never>(() => undefined);

describe("a lifecycle", () => {
  afterEach(() => jest.restoreAllMocks());

  it("binds in order, drains in reverse, closes resources last, and returns 0", async () => {
    const { events, lifecycle, journal } = create();
    const ended = lifecycle.run([recorder("a", journal), recorder("b", journal)], {
      database: resource(journal),
    });
    terminate(events);
    expect(await ended).toBe(0);
    expect(journal).toEqual([
      "bind a",
      "bind b",
      "begin a",
      "begin b",
      "drain b",
      "drain a",
      "close",
    ]);
  });

  it("serves until a stop is requested", async () => {
    const { events, lifecycle, journal, log } = create();
    const ended = lifecycle.run([recorder("a", journal)]);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(journal).toEqual(["bind a"]);
    expect(log).toEqual([
      expect.objectContaining({
        level: "info",
        address: "::",
        port: 1,
        msg: "a is listening on port 1",
      }),
    ]);
    terminate(events);
    expect(await ended).toBe(0);
  });

  it("binds no further service after a signal", async () => {
    const { events, lifecycle, journal } = create();
    const a = recorder("a", journal);
    const bind = () => {
      events.emit("SIGTERM", "SIGTERM");
      return a.bind();
    };
    expect(await lifecycle.run([{ ...a, bind }, recorder("b", journal)])).toBe(0);
    expect(journal).toEqual(["bind a", "begin a", "drain a"]);
  });

  it("binds nothing after a signal before the first turn of the event loop", async () => {
    const { events, lifecycle, journal } = create();
    const ended = lifecycle.run([recorder("a", journal)], { database: resource(journal) });
    events.emit("SIGTERM", "SIGTERM");
    expect(await ended).toBe(0);
    expect(journal).toEqual(["close"]);
  });

  it("drains when the process is orphaned", async () => {
    let orphan!: () => void;
    const orphaned = new Promise<void>((resolve) => (orphan = resolve));
    const { lifecycle, journal } = create({ orphaned });
    const ended = lifecycle.run([recorder("a", journal)]);
    setImmediate(orphan);
    expect(await ended).toBe(0);
    expect(journal).toEqual(["bind a", "begin a", "drain a"]);
  });

  it("aborts `draining` when draining begins", async () => {
    const { events, lifecycle, journal } = create();
    const aborted: boolean[] = [];
    const drain = () => {
      aborted.push(lifecycle.draining.aborted);
      return Promise.resolve();
    };
    const ended = lifecycle.run([recorder("a", journal, { drain })]);
    expect(lifecycle.draining.aborted).toBe(false);
    terminate(events);
    await ended;
    expect(aborted).toEqual([true]);
  });

  it("drains in the same turn if there is no delay", async () => {
    const { events, lifecycle, journal } = create();
    const beginDrain = () => process.nextTick(() => journal.push("after this turn"));
    const ended = lifecycle.run([recorder("a", journal, { beginDrain })]);
    terminate(events);
    expect(await ended).toBe(0);
    await nextTurn();
    expect(journal).toEqual(["bind a", "drain a", "after this turn"]);
  });

  it.each([
    [0, ["bind a", "accept a", "begin a", "drain a"]],
    [1, ["bind a", "accept a", "begin a", "accept a", "drain a"]],
  ])(
    "accepts waiting connections before it closes the port, after %d ms",
    async (drainDelayMs, done) => {
      const { events, lifecycle, journal } = create({ drainDelayMs });
      const acceptWaiting = async () => {
        await nextTurn();
        journal.push("accept a");
      };
      const ended = lifecycle.run([recorder("a", journal, { acceptWaiting })]);
      terminate(events);
      expect(await ended).toBe(0);
      expect(journal).toEqual(done);
    },
  );

  it("gives each service the time that the previous ones have left", async () => {
    const { events, lifecycle, journal } = create({ shutdownTimeoutMs: 5_000 });
    let now = 60_000;
    jest.spyOn(performance, "now").mockImplementation(() => now);
    const remainingMs: number[] = [];
    const drain = (ms: number) => {
      remainingMs.push(ms);
      now += 1_200;
      // The system clock is set forward by an hour.
      jest.spyOn(Date, "now").mockReturnValue(new Date().getTime() + 3_600_000);
      return Promise.resolve();
    };
    const ended = lifecycle.run([
      recorder("a", journal, { drain }),
      recorder("b", journal, { drain }),
    ]);
    terminate(events);
    expect(await ended).toBe(0);
    expect(remainingMs).toEqual([5_000, 3_800]);
  });

  it("returns 130 at a second Ctrl-C on a terminal, without draining", async () => {
    jest.spyOn(tty, "isatty").mockReturnValue(true);
    const { events, lifecycle, journal } = create();
    let finish!: () => void;
    const drain = () => {
      const later = performance.now() + 1_000;
      jest.spyOn(performance, "now").mockReturnValue(later);
      setImmediate(() => events.emit("SIGINT", "SIGINT"));
      return new Promise<void>((resolve) => (finish = resolve));
    };
    const ended = lifecycle.run([recorder("a", journal, { drain })], {
      database: resource(journal),
    });
    setImmediate(() => events.emit("SIGINT", "SIGINT"));
    expect(await ended).toBe(130);
    expect(journal).toEqual(["bind a", "begin a"]);
    finish();
  });

  it("keeps accepting during the drain delay", async () => {
    const { events, lifecycle, journal } = create({ drainDelayMs: 50 });
    let begunAt = 0;
    let waitedMs = 0;
    const beginDrain = () => void (begunAt = performance.now());
    const drain = () => {
      waitedMs = performance.now() - begunAt;
      return Promise.resolve();
    };
    const ended = lifecycle.run([recorder("a", journal, { beginDrain, drain })]);
    terminate(events);
    expect(await ended).toBe(0);
    expect(waitedMs).toBeGreaterThanOrEqual(49);
  });

  it("returns 1 if a service cannot be bound, and drains those that are", async () => {
    const { lifecycle, journal, log } = create();
    const bind = () => Promise.reject(new Error("Port 1 is already in use: stop it."));
    const services = [
      recorder("a", journal),
      recorder("b", journal, { bind }),
      recorder("c", journal),
    ];
    expect(await lifecycle.run(services, { database: resource(journal) })).toBe(1);
    expect(journal).toEqual(["bind a", "begin a", "drain a", "close"]);
    expect(log.at(-1)).toMatchObject({ level: "error", msg: "Port 1 is already in use: stop it." });
  });

  it("has no drain delay if nothing was bound", async () => {
    const { lifecycle, journal } = create({ drainDelayMs: 60_000, shutdownTimeoutMs: 120_000 });
    const bind = () => Promise.reject(new Error("Port 1 is already in use: stop it."));
    const services = [recorder("a", journal, { bind })];
    expect(await lifecycle.run(services, { database: resource(journal) })).toBe(1);
    expect(journal).toEqual(["close"]);
  });

  it("closes the remaining connections at the deadline, and returns 1", async () => {
    const { events, lifecycle, journal } = create({ shutdownTimeoutMs: 30 });
    let cut: () => void = () => undefined;
    const drain = () => new Promise<void>((resolve) => (cut = resolve));
    const destroy = () => {
      journal.push("destroy a");
      cut();
    };
    const ended = lifecycle.run([recorder("a", journal, { drain, destroy })], {
      database: resource(journal),
    });
    terminate(events);
    expect(await ended).toBe(1);
    expect(journal).toEqual(["bind a", "begin a", "destroy a", "close"]);
  });

  it("returns even if a resource never closes", async () => {
    const { events, lifecycle, journal } = create({ shutdownTimeoutMs: 30 });
    const ended = lifecycle.run([recorder("a", journal)], { database: { close: never } });
    terminate(events);
    expect(await ended).toBe(1);
  });

  it("drains after an uncaught error, and returns 1", async () => {
    const { events, lifecycle, journal } = create();
    const ended = lifecycle.run([recorder("a", journal)], { database: resource(journal) });
    crash(events);
    expect(await ended).toBe(1);
    expect(journal).toEqual(["bind a", "begin a", "drain a", "close"]);
  });

  it("accepts nothing after an uncaught error, and gives requests in flight two seconds", async () => {
    const { events, lifecycle, journal, log } = create({
      drainDelayMs: 60_000,
      shutdownTimeoutMs: 120_000,
    });
    let remainingMs = 0;
    const drain = (ms: number) => {
      remainingMs = ms;
      return never();
    };
    const ended = lifecycle.run([recorder("a", journal, { drain })]);
    crash(events);
    expect(await ended).toBe(1);
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(2000);
    expect(journal).toEqual(["bind a", "begin a", "destroy a"]);
    expect(log.at(-1)).toMatchObject({
      msg: "not drained within 2000 ms, closing the remaining connections",
    });
  });

  it("gives no more than the shutdown timeout after an uncaught error", async () => {
    const { events, lifecycle, journal, log } = create({ shutdownTimeoutMs: 30 });
    const ended = lifecycle.run([recorder("a", journal, { drain: never })]);
    crash(events);
    expect(await ended).toBe(1);
    expect(log.at(-1)).toMatchObject({
      msg: "not drained within 30 ms, closing the remaining connections",
    });
  });

  it("returns 1 after an uncaught error while draining", async () => {
    const { events, lifecycle, journal } = create();
    const drain = () => {
      events.emit("unhandledRejection", new Error("boom"));
      return Promise.resolve();
    };
    const ended = lifecycle.run([recorder("a", journal, { drain })]);
    terminate(events);
    expect(await ended).toBe(1);
  });

  it("drains the other services and closes the other resources if one fails", async () => {
    const { events, lifecycle, journal, log } = create();
    const boom = () => Promise.reject(new Error("boom"));
    const ended = lifecycle.run([recorder("a", journal), recorder("b", journal, { drain: boom })], {
      first: resource(journal),
      second: { close: boom },
    });
    terminate(events);
    expect(await ended).toBe(1);
    expect(journal.slice(-2)).toEqual(["drain a", "close"]);
    const err = expect.objectContaining({ message: "boom" }) as object;
    expect(log.slice(-2)).toEqual([
      expect.objectContaining({ level: "error", err, msg: "draining b failed" }),
      expect.objectContaining({ level: "error", err, msg: "closing the second failed" }),
    ]);
  });
});
