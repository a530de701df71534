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
    [["tabel"], 'EXPERIMENT must be one of table, restarts, not "tabel"'],
    [["--calls", "0"], '--calls must be a whole number from 1 to 9999, not "0"'],
    [["--jobs", "all"], '--jobs must be a whole number from 1 to 9999, not "all"'],
  ])("rejects %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
