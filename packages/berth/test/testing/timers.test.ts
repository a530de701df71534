import { watchTimeouts } from "../../src/testing/timers";

describe("watchTimeouts", () => {
  it("calls the first timer that is long enough back, and says so if there is none", () => {
    const fire = watchTimeouts();
    expect(() => fire(10)).toThrow("no timer of 10 ms or more was set; delays in ms: none");
    const calledBack: string[] = [];
    for (const ms of [5, 20, 30]) clearTimeout(setTimeout(() => calledBack.push(`${ms}`), ms));
    fire(10);
    expect(calledBack).toEqual(["20"]);
    expect(() => fire(40)).toThrow("no timer of 40 ms or more was set; delays in ms: 5, 20, 30");
  });
});
