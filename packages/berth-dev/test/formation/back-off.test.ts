import { createBackOff } from "../../src/formation/back-off";

describe("the back-off", () => {
  it("doubles from 0.1 s to 5 s while an instance ends soon", () => {
    const backOffMs = createBackOff();
    const waits = Array.from({ length: 8 }, () => backOffMs("web.1", 500));
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it("begins anew once the instance has run well", () => {
    const backOffMs = createBackOff();
    expect([0, 9_999, 10_000, 0].map((ranMs) => backOffMs("web.1", ranMs))).toEqual([
      100, 200, 100, 200,
    ]);
  });

  it("counts each instance for itself", () => {
    const backOffMs = createBackOff();
    expect(["web.1", "web.2", "web.1"].map((name) => backOffMs(name, 0))).toEqual([100, 100, 200]);
  });
});
