// The command line of the benchmark.
import { parseOptions } from "../options";

describe("parseOptions", () => {
  it("measures every contender in five rounds of three seconds by default", () => {
    const { contenders, rounds, seconds } = parseOptions([]);
    expect(contenders.map(({ name }) => name)).toEqual(["bare", "fastify", "express", "berth"]);
    expect({ rounds, seconds }).toEqual({ rounds: 5, seconds: 3 });
  });

  it("adds Berth without each named optimization", () => {
    const { contenders } = parseOptions(["--contenders", "berth", "--without", "a,b"]);
    expect(contenders.map(({ env }) => env.BERTH_BENCH_WITHOUT)).toEqual([undefined, "a", "b"]);
  });

  it("adds Berth of another checkout", () => {
    const { contenders } = parseOptions(["--contenders", "berth", "--checkout", "/src/before"]);
    expect(contenders.map(({ script }) => script)).toEqual([
      expect.stringMatching(/lab\/bench\/contenders\/berth\.js$/),
      "/src/before/lab/bench/contenders/berth.js",
    ]);
  });

  it.each([
    [["--rounds", "0"], '--rounds must be a whole number from 1 to 9999999, not "0"'],
    [["--seconds", "1.5"], '--seconds must be a whole number from 1 to 9999999, not "1.5"'],
    [
      ["--contenders", "koa"],
      '--contenders must be some of bare,fastify,express,berth,metrics,traces, not "koa"',
    ],
  ])("rejects %j", (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(message);
  });
});
