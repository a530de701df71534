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
    [["rol"], "expected experiments among restart, roll, got rol"],
    [["--way", "apache"], /^--way: expected names among router, nginx, .*, got "apache"$/],
    [["--rolls", "0"], '--rolls: expected a whole number from 1, got "0"'],
  ])("rejects %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
