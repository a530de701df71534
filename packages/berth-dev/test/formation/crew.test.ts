// Who starts what, when several want it.
import type { Child } from "../../src/formation/child";
import { createCrew } from "../../src/formation/crew";
import type { Instance } from "../../src/formation/plan";

const web: Instance = { name: "web.1", command: "", env: {} };
const never = new Promise<void>(() => {});
const nobody = () => {};

/** A crew whose processes are numbers, and what tells who has been started. */
function crewOfNobody() {
  let started = 0;
  const crew = createCrew((): Child => {
    started++;
    const exited = new Promise<number>(() => {});
    const finished = Promise.resolve();
    return { pid: started, exited, finished, isAlive: () => false, signal: nobody };
  }, never);
  return { crew, started: () => started };
}

describe("an instance that is to be started anew", () => {
  it("is started once its time has come", async () => {
    const { crew, started } = crewOfNobody();
    const anew = crew.startAnew(web, 10, nobody);
    expect(crew.has("web.1")).toBe(true);
    expect(started()).toBe(0);
    await anew;
    expect(started()).toBe(1);
  });

  it("is not when somebody has started it meanwhile", async () => {
    const { crew, started } = crewOfNobody();
    const anew = crew.startAnew(web, 10, nobody);
    crew.start(web, nobody);
    await anew;
    expect(started()).toBe(1);
  });

  it("is not when it is stopped meanwhile, alone or with all", async () => {
    const { crew, started } = crewOfNobody();
    for (const stop of [() => crew.stop(["web.1"]), () => crew.stopAll()]) {
      const anew = crew.startAnew(web, 10, nobody);
      await stop();
      expect(crew.has("web.1")).toBe(false);
      await anew;
    }
    expect(started()).toBe(0);
  });
});

describe("stopping all", () => {
  it("waits for what is being stopped already", async () => {
    const events: string[] = [];
    const crew = createCrew(({ name }): Child => {
      const exited = new Promise<number>(() => {});
      const isAlive = () => !events.includes(`${name} gone`);
      return { pid: 1, exited, finished: Promise.resolve(), isAlive, signal: nobody };
    }, never);
    crew.start(web, nobody);
    void crew.stop(["web.1"]);
    setTimeout(() => events.push("web.1 gone"), 50);
    await crew.stopAll();
    events.push("all stopped");
    expect(events).toEqual(["web.1 gone", "all stopped"]);
  });
});
