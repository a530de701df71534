// What counts as a second Ctrl-C, and what it does.
import { EventEmitter } from "node:events";
import type { Child } from "../../src/formation/child";
import type { Output } from "../../src/formation/output";
import { listenForStop } from "../../src/formation/signals";
import { stopAll } from "../../src/formation/stop";

afterEach(() => jest.restoreAllMocks());

const never = new Promise<void>(() => {});

/** A clock that the test moves. */
function stopClock() {
  let now = 0;
  jest.spyOn(performance, "now").mockImplementation(() => now);
  return { goForward: (ms: number) => void (now += ms) };
}

describe("SIGINT", () => {
  it("counts as one Ctrl-C within 200 ms, as npm passes it on, and then as a second one", async () => {
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
  it("ends the grace of what does not end on SIGTERM", async () => {
    // No grace passes.
    stopClock();
    const signals: string[] = [];
    const child: Child = {
      pid: 1,
      exited: new Promise(() => {}),
      finished: Promise.resolve(),
      isAlive: () => signals.at(-1) !== "SIGKILL",
      signal: (name) => void signals.push(name),
    };
    expect(await stopAll([child], Promise.resolve())).toBe(false);
    expect(signals).toEqual(["SIGTERM", "SIGKILL"]);
  });
});
