// The command line of the drain experiments.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["restart", "roll"]);

describe("parseOptions", () => {
  it("restarts each way three times by default", () => {
    expect(parse("roll")).toMatchObject({ experiments: ["roll"], ways: [], rolls: 3 });
  });

  it("parses the names of ways", () => {
    expect(parse("roll", "--way", "nginx,hup").ways).toEqual(["nginx", "hup"]);
  });

  it.each([
    [["rol"], 'EXPERIMENT must be one of restart, roll, not "rol"'],
    [["--way", "apache"], /^--way must be some of router,nginx,.*, not "apache"$/],
    [["--rolls", "0"], '--rolls must be a whole number from 1 to 99999, not "0"'],
  ])("rejects %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
