import { getEventListeners } from "node:events";
import { workSignal } from "../../src/process/work-signal";

describe("workSignal", () => {
  const start = () => {
    const [over, draining] = [new AbortController(), new AbortController()];
    const listeners = () =>
      [over, draining].map(({ signal }) => getEventListeners(signal, "abort").length);
    return { over, draining, listeners };
  };

  it.each(["over", "draining"] as const)("is aborted with %s, with its reason, once", (name) => {
    const controllers = start();
    const work = workSignal(controllers.over.signal, controllers.draining.signal);
    const onAbort = jest.fn();
    work.addEventListener("abort", onAbort);
    expect(work.aborted).toBe(false);
    controllers[name].abort("reason");
    expect([work.aborted, work.reason]).toEqual([true, "reason"]);
    controllers.over.abort("later");
    controllers.draining.abort("later");
    expect([work.reason, onAbort.mock.calls.length]).toEqual(["reason", 1]);
  });

  it.each(["over", "draining"] as const)("leaves no listener behind after %s", (name) => {
    const controllers = start();
    const { over, draining, listeners } = controllers;
    workSignal(over.signal, draining.signal);
    expect(listeners()).toEqual([1, 1]);
    controllers[name].abort();
    expect(listeners()).toEqual([0, 0]);
    expect(workSignal(over.signal, draining.signal).aborted).toBe(true);
    expect(listeners()).toEqual([0, 0]);
  });
});
