// The command line of the experiments with the rate limit and idempotency keys.
import { parseOptions } from "../options";

const parse = (...argv: string[]) => parseOptions(argv, ["rate", "keys"]);

describe("parseOptions", () => {
  it("runs everything by default, with a thousand keys", () => {
    expect(parse()).toMatchObject({ experiments: [], perMinute: 100, keys: 1000 });
  });

  it.each([
    [["rat"], 'EXPERIMENT must be one of rate, keys, not "rat"'],
    [["--keys", "0"], '--keys must be a whole number from 1 to 99999, not "0"'],
    [["--per-minute", "1e3"], '--per-minute must be a whole number from 1 to 99999, not "1e3"'],
  ])("rejects %j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
