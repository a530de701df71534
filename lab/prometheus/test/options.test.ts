// The command line of the Prometheus experiments.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["dashboard", "series", "outage"]);

describe("parseOptions", () => {
  it("runs everything by default, with this Node", () => {
    expect(parse()).toEqual({ experiments: [], node: process.execPath, help: false });
  });

  it("rejects an unknown experiment", () => {
    expect(() => parse("dashbord")).toThrow(
      'EXPERIMENT must be one of dashboard, series, outage, not "dashbord"',
    );
  });
});
