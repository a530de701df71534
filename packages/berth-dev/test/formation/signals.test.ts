// What counts as a second Ctrl-C, and its effect.
import { EventEmitter } from "node:events";
import type { Child } from "../../src/formation/child";
import type { Output } from "../../src/formation/output";
import { listenForStop } from "../../src/formation/signals";
import { stopChildren } from "../../src/formation/supervisor";

afterEach(() => jest.restoreAllMocks());

const never = new Promise<void>(() => {});

/** A clock that the test moves. */
function stopClock() {
  let now = 0;
  jest.spyOn(performance, "now").mockImplementation(() => now);
  return { goForward: (ms: number) => void (now += ms) };
}

describe("SIGINT", () => {
  it("counts as the same Ctrl-C within 200 ms, as npm forwards it, and later as a second one", async () => {
    const clock = stopClock();
    const runner = Object.assign(new EventEmitter(), { ppid: process.ppid, env: {} });
    const { stop, force } = listenForStop(
      runner as unknown as NodeJS.Process,
      { closed: never } as Output,
    );
    let isForced = false;
    void force.then(() => (isForced = true));
    runner.emit("SIGINT");
    clock.goForward(200);
    runner.emit("SIGINT");
    expect(await stop).toBe(130);
    expect(isForced).toBe(false);
    clock.goForward(1);
    runner.emit("SIGINT");
    await force;
  });
});

describe("a second Ctrl-C", () => {
  it("ends the grace period of a process that ignores SIGTERM", async () => {
    // The grace period never passes.
    stopClock();
    const signals: string[] = [];
    const child: Child = {
      pid: 1,
      exited: new Promise(() => {}),
      finished: Promise.resolve(),
      isAlive: () => signals.at(-1) !== "SIGKILL",
      signal: (name) => void signals.push(name),
    };
    expect(await stopChildren([child], Promise.resolve())).toBe(false);
    expect(signals).toEqual(["SIGTERM", "SIGKILL"]);
  });
});
