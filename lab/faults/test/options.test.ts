// The command line of the fault experiments.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["table", "restarts"]);

describe("parseOptions", () => {
  it("runs everything by default", () => {
    expect(parse()).toMatchObject({ experiments: [], only: [], calls: 100, restarts: 10 });
  });

  it("parses the names of faults", () => {
    expect(parse("table", "--only", "refuses,JSON")).toMatchObject({
      experiments: ["table"],
      only: ["refuses", "JSON"],
    });
  });

  it.each([
    [["tabel"], "expected experiments among table, restarts, got tabel"],
    [["--calls", "0"], '--calls: expected a whole number from 1, got "0"'],
    [["--jobs", "all"], '--jobs: expected a whole number from 1, got "all"'],
  ])("rejects %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
