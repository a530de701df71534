// Tests how several rounds become one number.
import { ratio, spread } from "../statistics";

describe("spread", () => {
  it("gives the middle of an odd number of values, with the extremes", () => {
    expect(spread([9, 1, 4])).toEqual({ median: 4, min: 1, max: 9 });
  });

  it("gives the mean of the two in the middle of an even number of values", () => {
    expect(spread([8, 2, 4, 100])).toEqual({ median: 6, min: 2, max: 100 });
  });

  it("refuses to make up a number of none", () => {
    expect(() => spread([])).toThrow(RangeError);
  });
});

describe("ratio", () => {
  it("compares round with round, not median with median", () => {
    expect(ratio([10, 30, 20], [5, 10, 20])).toEqual({ median: 2, min: 1, max: 3 });
  });
});
