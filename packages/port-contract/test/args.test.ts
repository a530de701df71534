import { parseCommandLine, parseList, parseOneOf, parseWholeNumber } from "../src/args";

const options = { port: { type: "string" }, q: { type: "boolean", short: "q" } } as const;

describe("parseCommandLine()", () => {
  it("lists the known options if one is unknown", () => {
    expect(() => parseCommandLine(["--prot", "1"], options)).toThrow(
      "Unknown option '--prot': expected one of --port, -q\n\n--help lists the options.",
    );
  });

  it("appends the usage to an error", () => {
    expect(() => parseCommandLine(["--port"], options, { usage: "Usage: x" })).toThrow(
      "Option '--port <value>' argument missing\n\nUsage: x",
    );
  });

  it("rejects arguments if there are none", () => {
    expect(parseCommandLine(["x"], options).positionals).toEqual(["x"]);
    expect(() => parseCommandLine(["x"], options, { allowPositionals: false })).toThrow(
      "Unexpected argument 'x'. This command does not take positional arguments",
    );
  });
});

describe("values", () => {
  it.each(["", "-1", "1e4", "0x10", "1.5", "70000"])("%j is not a port", (text) => {
    expect(() => parseWholeNumber("--port", text, { max: 65535 })).toThrow(
      `--port must be a whole number from 0 to 65535, not "${text}"`,
    );
  });

  it("one of several names is expected", () => {
    expect(() => parseOneOf("--fruit", "fig", ["apple", "pear"])).toThrow(
      '--fruit must be one of apple, pear, not "fig"',
    );
  });

  it("a list is split at commas, and each item is checked", () => {
    expect(parseList("--only", undefined)).toEqual([]);
    expect(parseList("--only", "a, b", ["a", "b"])).toEqual(["a", "b"]);
    expect(() => parseList("--only", "a,c", ["a", "b"])).toThrow(
      '--only must be some of a,b, not "c"',
    );
    expect(() => parseList("--only", "")).toThrow('--only must be a comma-separated list, not ""');
  });
});
