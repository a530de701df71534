import { within } from "../../src/process/within";

describe("within", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const never = new Promise<never>(() => undefined);

  it("resolves to true in time, and leaves no timer behind", async () => {
    expect(await within(1000, Promise.resolve(false))).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("resolves to false at the limit", async () => {
    const seen = jest.fn();
    void within(1000, never).then(seen);
    await jest.advanceTimersByTimeAsync(999);
    expect(seen).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(seen).toHaveBeenCalledWith(false);
  });

  it("rejects if the promise rejects in time, and leaves no timer behind", async () => {
    await expect(within(1000, Promise.reject(new Error("boom")))).rejects.toThrow("boom");
    expect(jest.getTimerCount()).toBe(0);
  });
});
