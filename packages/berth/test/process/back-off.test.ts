import { createBackOff } from "../../src/process/back-off";

describe("a back-off", () => {
  it("waits twice as long after each failure, and at some point calls it a loop", () => {
    const backOff = createBackOff();
    const delays = Array.from({ length: 5 }, () => backOff.delayAfter(1));
    expect(delays).toEqual([50, 100, 200, 400, 800]);
    expect(backOff.isLoop()).toBe(false);
    backOff.delayAfter(1);
    expect(backOff.isLoop()).toBe(true);
    for (let failure = 0; failure < 20; failure++) backOff.delayAfter(1);
    expect(backOff.delayAfter(1)).toBe(5000);
  });

  it("begins anew after something has run well", () => {
    const backOff = createBackOff();
    for (let failure = 0; failure < 6; failure++) backOff.delayAfter(9_999);
    expect(backOff.delayAfter(10_000)).toBe(50);
    expect(backOff.isLoop()).toBe(false);
  });

  it("knows for how long it has been failing", () => {
    const clock = jest.spyOn(performance, "now").mockReturnValue(1000);
    const backOff = createBackOff();
    expect(backOff.failingForMs()).toBe(0);
    backOff.delayAfter(1);
    clock.mockReturnValue(1500);
    backOff.delayAfter(1);
    expect(backOff.failingForMs()).toBe(500);
    backOff.delayAfter(10_000);
    expect(backOff.failingForMs()).toBe(0);
    clock.mockRestore();
  });
});
