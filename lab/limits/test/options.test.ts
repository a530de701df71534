// The command line of the experiments with limits.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["rate", "keys"]);

describe("parseOptions", () => {
  it("runs everything by default, with a thousand keys", () => {
    expect(parse()).toMatchObject({ experiments: [], perMinute: 100, keys: 1000 });
  });

  it.each([
    [["rat"], "expected experiments among rate, keys, got rat"],
    [["--keys", "0"], '--keys: expected a whole number from 1, got "0"'],
    [["--per-minute", "1e3"], '--per-minute: expected a whole number from 1, got "1e3"'],
  ])("rejects %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
