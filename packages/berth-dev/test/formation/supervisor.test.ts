// Which starts and stops win when several are requested, and how long a restart waits.
import type { Child } from "../../src/formation/child";
import type { Instance } from "../../src/formation/plan";
import { createRestartBackoff, createSupervisor } from "../../src/formation/supervisor";

const web: Instance = { name: "web.1", command: "", env: {} };
const never = new Promise<void>(() => {});
const noop = () => {};

/** A supervisor without processes, which counts what it starts. */
function fakeSupervisor() {
  let started = 0;
  const supervisor = createSupervisor((): Child => {
    started++;
    const exited = new Promise<number>(() => {});
    const finished = Promise.resolve();
    return { pid: started, exited, finished, isAlive: () => false, signal: noop };
  }, never);
  return { supervisor, started: () => started };
}

describe("restartIn", () => {
  it("starts the instance after the delay", async () => {
    const { supervisor, started } = fakeSupervisor();
    const restarted = supervisor.restartIn(web, 10, noop);
    expect(supervisor.has("web.1")).toBe(true);
    expect(started()).toBe(0);
    await restarted;
    expect(started()).toBe(1);
  });

  it("does not start an instance that has been started meanwhile", async () => {
    const { supervisor, started } = fakeSupervisor();
    const restarted = supervisor.restartIn(web, 10, noop);
    supervisor.start(web, noop);
    await restarted;
    expect(started()).toBe(1);
  });

  it("does not start an instance that has been stopped meanwhile, alone or with all", async () => {
    const { supervisor, started } = fakeSupervisor();
    for (const stop of [() => supervisor.stop(["web.1"]), () => supervisor.stopAll()]) {
      const restarted = supervisor.restartIn(web, 10, noop);
      await stop();
      expect(supervisor.has("web.1")).toBe(false);
      await restarted;
    }
    expect(started()).toBe(0);
  });
});

describe("stopAll", () => {
  it("waits for instances that are stopping already", async () => {
    const events: string[] = [];
    const supervisor = createSupervisor(({ name }): Child => {
      const exited = new Promise<number>(() => {});
      const isAlive = () => !events.includes(`${name} gone`);
      return { pid: 1, exited, finished: Promise.resolve(), isAlive, signal: noop };
    }, never);
    supervisor.start(web, noop);
    void supervisor.stop(["web.1"]);
    setTimeout(() => events.push("web.1 gone"), 50);
    await supervisor.stopAll();
    events.push("all stopped");
    expect(events).toEqual(["web.1 gone", "all stopped"]);
  });
});

describe("stopAll of instances that wait for others", () => {
  it("stops what they wait for once they are gone", async () => {
    const events: string[] = [];
    const supervisor = createSupervisor(({ name }): Child => {
      const exited = new Promise<number>(() => {});
      const isAlive = () => !events.includes(`${name} gone`);
      const signal = (signal: string) => {
        if (signal !== "SIGTERM") return;
        events.push(`${name} ${signal}`);
        setImmediate(() => events.push(`${name} gone`));
      };
      return { pid: 1, exited, finished: Promise.resolve(), isAlive, signal };
    }, never);
    supervisor.start({ name: "db.1", command: "", env: {}, awaited: "port" }, noop);
    supervisor.start(web, noop);
    expect(await supervisor.stopAll()).toBe(true);
    expect(events).toEqual(["web.1 SIGTERM", "web.1 gone", "db.1 SIGTERM", "db.1 gone"]);
  });
});

describe("createRestartBackoff", () => {
  it("doubles the delay from 0.1 s to 5 s while an instance exits soon", () => {
    const backoffMs = createRestartBackoff();
    const delays = Array.from({ length: 8 }, () => backoffMs("web.1", 500));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it("starts again at 0.1 s after the instance has run well", () => {
    const backoffMs = createRestartBackoff();
    expect([0, 9_999, 10_000, 0].map((ranMs) => backoffMs("web.1", ranMs))).toEqual([
      100, 200, 100, 200,
    ]);
  });

  it("counts each instance separately", () => {
    const backoffMs = createRestartBackoff();
    expect(["web.1", "web.2", "web.1"].map((name) => backoffMs(name, 0))).toEqual([100, 100, 200]);
  });
});
