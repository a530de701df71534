// The options, and the message for each invalid one.
import { parseOptions } from "../src/options";
import { loadClauses, selectClauses } from "../src/catalogue";
import { usage } from "../src/usage";
import { UsageError } from "../src/args";

describe("parseOptions()", () => {
  it("has a default for everything except the command", () => {
    const { about, command, probe } = parseOptions([]);
    expect(about).toMatchObject({ path: "/", slow: false, drainDelayEnv: "DRAIN_DELAY_MS" });
    expect(about.platform).toMatchObject({ name: "anywhere", graceSeconds: 10 });
    expect(probe.name).toBe("http");
    expect(command).toBeUndefined();
  });

  it("uses a platform's limits, which single options override", () => {
    const { platform } = parseOptions(["--platform", "piku", "--boot", "5.5"]).about;
    expect(platform).toMatchObject({ name: "piku", graceSeconds: 3, bootSeconds: 5.5 });
  });

  it("treats everything after -- as the command", () => {
    const { command, json } = parseOptions(["--json", "--", "node", "x.js", "--", "--slow"]);
    expect(command?.argv).toEqual(["node", "x.js", "--", "--slow"]);
    expect(json).toBe(true);
  });

  it.each([
    [["--platfrom", "heroku"], "Unknown option '--platfrom': expected one of --help, --json"],
    [["npm", "start"], "Unexpected argument 'npm'"],
    [["--platform", "herokku"], "--platform must be one of anywhere, heroku"],
    [["--probe", "gopher"], "--probe must be one of http, redis"],
    [["--grace", "soon"], '--grace must be a number above 0, not "soon"'],
    [["--jobs", "0"], '--jobs must be a whole number from 1 to 1000, not "0"'],
    [["--"], "the command after -- is empty"],
  ])("rejects %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});

describe("selectClauses()", () => {
  it("rejects an unknown id", () => {
    expect(() => selectClauses(loadClauses(), "B99")).toThrow("--only must be some of B1,B2");
  });
});

describe("--help", () => {
  it("names every option", () => {
    for (const name of Object.keys(parseOptions([]).about)) {
      const option =
        name === "platform" ? name : name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
      expect(usage).toContain(`--${option}`);
    }
  });
});
