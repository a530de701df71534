// Tests what the command line of the fault experiments takes.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["table", "restarts"]);

describe("parseOptions", () => {
  it("tries everything by default", () => {
    expect(parse()).toMatchObject({ experiments: [], only: [], calls: 100, restarts: 10 });
  });

  it("takes the faults that are named", () => {
    expect(parse("table", "--only", "refuses,JSON")).toMatchObject({
      experiments: ["table"],
      only: ["refuses", "JSON"],
    });
  });

  it.each([
    [["tabel"], "expected experiments among table, restarts, got tabel"],
    [["--calls", "0"], '--calls: expected a whole number from 1, got "0"'],
    [["--jobs", "all"], '--jobs: expected a whole number from 1, got "all"'],
  ])("refuses %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
