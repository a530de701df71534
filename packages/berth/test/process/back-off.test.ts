import { createRestartBackOff } from "../../src/process/back-off";

describe("createRestartBackOff", () => {
  it("doubles the delay after each failure, and reports a crash loop after six", () => {
    const backOff = createRestartBackOff();
    const delays = Array.from({ length: 5 }, () => backOff.delayAfter(1));
    expect(delays).toEqual([50, 100, 200, 400, 800]);
    expect(backOff.isCrashLoop()).toBe(false);
    backOff.delayAfter(1);
    expect(backOff.isCrashLoop()).toBe(true);
    for (let failure = 0; failure < 20; failure++) backOff.delayAfter(1);
    expect(backOff.delayAfter(1)).toBe(5000);
  });

  it("starts over after a stable run", () => {
    const backOff = createRestartBackOff();
    for (let failure = 0; failure < 6; failure++) backOff.delayAfter(9_999);
    expect(backOff.delayAfter(10_000)).toBe(50);
    expect(backOff.isCrashLoop()).toBe(false);
  });

  it("reports for how long it has been failing", () => {
    const clock = jest.spyOn(performance, "now").mockReturnValue(1000);
    const backOff = createRestartBackOff();
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
