import { EventEmitter } from "node:events";
import { onStopRequest } from "../../src/port/stop-request";
import { createTestLogger } from "../support/app";

function observe(isTerminal: boolean) {
  const events = new EventEmitter();
  const { logger, log } = createTestLogger();
  const stop = onStopRequest(events as NodeJS.Process, logger, () => isTerminal);
  let forced = false;
  void stop.forced.then(() => (forced = true));
  const isForced = () => new Promise<boolean>((resolve) => setImmediate(() => resolve(forced)));
  return { events, log, stop, isForced };
}

beforeEach(() => jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick"] }));
afterEach(() => jest.useRealTimers());

describe("onStopRequest", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("is requested by %s", async (signal) => {
    const { events, stop } = observe(false);
    expect(stop.isRequested()).toBe(false);
    events.emit(signal, signal);
    await stop.requested;
    expect([stop.isRequested(), stop.hasCrashed()]).toEqual([true, false]);
  });

  it.each(["uncaughtException", "unhandledRejection"])(
    "is requested by an %s, which is logged with its stack",
    async (event) => {
      const { events, log, stop } = observe(false);
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

  it("is never forced by repeated SIGTERMs", async () => {
    const { events, isForced } = observe(true);
    for (let i = 0; i < 5; i++) {
      events.emit("SIGTERM", "SIGTERM");
      jest.advanceTimersByTime(1000);
    }
    expect(await isForced()).toBe(false);
  });

  it("is forced by a second Ctrl-C on a terminal", async () => {
    const { events, isForced } = observe(true);
    events.emit("SIGINT", "SIGINT");
    jest.advanceTimersByTime(1000);
    events.emit("SIGINT", "SIGINT");
    expect(await isForced()).toBe(true);
  });

  it("is not forced by a second SIGINT without a terminal", async () => {
    const { events, isForced } = observe(false);
    events.emit("SIGINT", "SIGINT");
    jest.advanceTimersByTime(1000);
    events.emit("SIGINT", "SIGINT");
    expect(await isForced()).toBe(false);
  });

  it("takes the same Ctrl-C from the terminal and from npm for one", async () => {
    const { events, isForced } = observe(true);
    events.emit("SIGINT", "SIGINT");
    jest.advanceTimersByTime(5);
    events.emit("SIGINT", "SIGINT");
    expect(await isForced()).toBe(false);
  });
});
