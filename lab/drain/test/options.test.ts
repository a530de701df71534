// Tests what the command line of the drain experiments takes.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["restart", "roll"]);

describe("parseOptions", () => {
  it("rolls each way three times", () => {
    expect(parse("roll")).toMatchObject({ experiments: ["roll"], ways: [], rolls: 3 });
  });

  it("takes the ways that are named", () => {
    expect(parse("roll", "--way", "nginx,hup").ways).toEqual(["nginx", "hup"]);
  });

  it.each([
    [["rol"], "expected experiments among restart, roll, got rol"],
    [["--way", "apache"], /^--way: expected names among router, nginx, .*, got "apache"$/],
    [["--rolls", "0"], '--rolls: expected a whole number from 1, got "0"'],
  ])("refuses %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
