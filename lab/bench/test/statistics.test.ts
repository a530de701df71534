// Statistics over several rounds.
import { ratio, spread } from "../statistics";

describe("spread", () => {
  it("returns the middle of an odd number of values, with minimum and maximum", () => {
    expect(spread([9, 1, 4])).toEqual({ median: 4, min: 1, max: 9 });
  });

  it("returns the mean of the two middle ones of an even number of values", () => {
    expect(spread([8, 2, 4, 100])).toEqual({ median: 6, min: 2, max: 100 });
  });

  it("throws without values", () => {
    expect(() => spread([])).toThrow(RangeError);
  });
});

describe("ratio", () => {
  it("compares rounds, not medians", () => {
    expect(ratio([10, 30, 20], [5, 10, 20])).toEqual({ median: 2, min: 1, max: 3 });
  });
});
