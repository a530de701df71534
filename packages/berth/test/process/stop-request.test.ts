import { EventEmitter } from "node:events";
import { interruptedExitCode, onStopRequest } from "../../src/process/stop-request";
import { createTestLogger } from "../../src/testing/app";

function observe(terminal: { isThere: boolean } = { isThere: false }) {
  const events = new EventEmitter();
  const { logger, log } = createTestLogger();
  let orphan!: () => void;
  const stop = onStopRequest({
    process: events as NodeJS.Process,
    logger,
    orphaned: new Promise<void>((resolve) => (orphan = resolve)),
    isTerminal: () => terminal.isThere,
  });
  let forced = false;
  void stop.forced.then(() => (forced = true));
  const isForced = () => new Promise<boolean>((resolve) => setImmediate(() => resolve(forced)));
  return { events, log, stop, orphan, isForced };
}

beforeEach(() => jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick"] }));
afterEach(() => jest.useRealTimers());

describe("onStopRequest", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("is requested by %s", async (signal) => {
    const { events, stop } = observe();
    expect(stop.isRequested()).toBe(false);
    events.emit(signal, signal);
    expect(await stop.requested).toBe(signal);
    expect([stop.isRequested(), stop.hasCrashed()]).toEqual([true, false]);
  });

  it.each(["uncaughtException", "unhandledRejection"])(
    "is requested by an %s, which is logged with its stack",
    async (event) => {
      const { events, log, stop } = observe();
      events.emit(event, new Error("boom"));
      await stop.requested;
      expect(stop.hasCrashed()).toBe(true);
      expect(log).toEqual([
        expect.objectContaining({
          level: "fatal",
          err: expect.objectContaining({
            message: "boom",
            stack: expect.stringContaining("at ") as string,
          }) as object,
        }),
      ]);
    },
  );

  it("is requested by a SIGHUP once the terminal has hung up", async () => {
    const terminal = { isThere: true };
    const { events, stop } = observe(terminal);
    terminal.isThere = false;
    events.emit("SIGHUP", "SIGHUP");
    expect(await stop.requested).toBe("SIGHUP");
  });

  it.each([
    ["SIGHUP", "while the terminal is there", true],
    ["SIGHUP", "without a terminal", false],
    ["SIGUSR1", "on a terminal", true],
    ["SIGUSR2", "without a terminal", false],
  ] as const)("is not requested by %s %s, and says what to do", (signal, _, isThere) => {
    const { events, log, stop } = observe({ isThere });
    events.emit(signal, signal);
    expect(stop.isRequested()).toBe(false);
    expect(log).toEqual([
      expect.objectContaining({
        level: "warn",
        msg: expect.stringMatching(`^${signal} received and ignored: (send|start)`) as string,
      }),
    ]);
  });

  it("is requested by the death of the parent shell", async () => {
    const { log, stop, orphan } = observe();
    orphan();
    expect(await stop.requested).toBe("orphaned");
    expect(log).toEqual([
      expect.objectContaining({ msg: expect.stringMatching(/shell/) as string }),
    ]);
  });

  it("does not log the death of the shell after a signal", async () => {
    const { events, log, stop, orphan } = observe();
    events.emit("SIGTERM", "SIGTERM");
    orphan();
    expect(await stop.requested).toBe("SIGTERM");
    expect(log.map(({ msg }) => msg)).toEqual(["SIGTERM received, draining"]);
  });

  it("is never forced by repeated SIGTERMs", async () => {
    const { events, isForced } = observe({ isThere: true });
    for (let i = 0; i < 5; i++) {
      events.emit("SIGTERM", "SIGTERM");
      jest.advanceTimersByTime(1000);
    }
    expect(await isForced()).toBe(false);
  });

  it("is forced by a second Ctrl-C on a terminal", async () => {
    const { events, isForced } = observe({ isThere: true });
    events.emit("SIGINT", "SIGINT");
    jest.advanceTimersByTime(1000);
    events.emit("SIGINT", "SIGINT");
    expect(await isForced()).toBe(true);
  });

  it("is forced by a second Ctrl-C, even if the clock was set back", async () => {
    const { events, isForced } = observe({ isThere: true });
    events.emit("SIGINT", "SIGINT");
    jest.setSystemTime(Date.now() - 3_600_000);
    jest.advanceTimersByTime(1000);
    events.emit("SIGINT", "SIGINT");
    expect(await isForced()).toBe(true);
  });

  it("is not forced by a second SIGINT without a terminal", async () => {
    const { events, isForced } = observe();
    events.emit("SIGINT", "SIGINT");
    jest.advanceTimersByTime(1000);
    events.emit("SIGINT", "SIGINT");
    expect(await isForced()).toBe(false);
  });

  it("counts a Ctrl-C that arrives from the terminal and from npm only once", async () => {
    const { events, isForced } = observe({ isThere: true });
    events.emit("SIGINT", "SIGINT");
    jest.advanceTimersByTime(5);
    events.emit("SIGINT", "SIGINT");
    expect(await isForced()).toBe(false);
  });
});

describe("interruptedExitCode", () => {
  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["uncaught error", 1],
    ["orphaned", 1],
  ] as const)("of %s is %i", (cause, code) => {
    expect(interruptedExitCode(cause)).toBe(code);
  });
});
