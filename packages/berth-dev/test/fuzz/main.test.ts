import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { berth } from "../../src/cli-path";
import { parseOptions } from "../../src/fuzz/options";
import { curlOf } from "../../src/fuzz/report";

const root = join(__dirname, "../../../..");
const fuzz = (...args: string[]) => {
  const [file, ...command] = berth("fuzz", ...args);
  return spawnSync(file, command, {
    cwd: root,
    encoding: "utf8",
    // Must not reach the service, which would write to that database.
    env: { PATH: process.env.PATH, DATABASE_URL: "postgres://nobody@127.0.0.1:1/production" },
  });
};

describe("npm run fuzz", () => {
  it("tries the service in the working directory with a new database, and exits with 1 if there are findings", () => {
    const { status, stdout, stderr } = fuzz("--runs", "5", "--seed", "7");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^route +valid +invalid +findings +statuses\n/);
    const [, findings] = /\n\d+ routes, \d+ inputs, [\d.]+ s, (\d+) findings \(--seed 7\)\n$/.exec(
      stdout,
    )!;
    expect(status).toBe(Number(findings) === 0 ? 0 : 1);
  });

  it.each([
    [["--path", "no such route"], "no operation of http://127.0.0.1:"],
    [["http://127.0.0.1:1"], "connect ECONNREFUSED 127.0.0.1:1"],
  ])("reports %j in one line, and exits with 1", (args, message) => {
    const { status, stdout, stderr } = fuzz(...args);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^fuzz: [^\n]*\n$/);
    expect(stderr).toContain(message);
  });
});

describe("the command line of the fuzzer", () => {
  it.each([
    [["https://example.org"], "URL must be that of a service on this machine"],
    [["http://192.168.1.9:5000"], "URL must be that of a service on this machine"],
    [["http://localhost.example.org"], "URL must be that of a service on this machine"],
    [
      ["http://localhost:1", "http://localhost:2"],
      "give only one URL, not also http://localhost:2",
    ],
    [["--runs", "0"], '--runs must be a whole number from 1 to 1000000, not "0"'],
    [["--seed", "1e3"], "--seed must be a whole number"],
    [["--fast"], "Unknown option '--fast'"],
  ])("rejects %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });

  it("accepts the URL of a service on this machine", () => {
    expect(parseOptions(["http://localhost:5000/api/"]).url).toBe("http://localhost:5000/api");
    expect(parseOptions(["http://[::1]:5000"]).url).toBe("http://[::1]:5000");
  });
});

describe("curlOf", () => {
  const line = (sent: object, file = "/absent") =>
    curlOf(
      "http://localhost:5000",
      { method: "POST", target: "/a?b=%00", headers: {}, ...sent },
      file,
    );

  it("quotes special characters of the shell", () => {
    expect(line({ headers: { "Content-Type": "", A: "b" }, body: `{"a":"it's $1"}` })).toBe(
      `curl -i -X POST --path-as-is -H 'Content-Type;' -H 'A: b' --data-raw '{"a":"it'\\''s $1"}' 'http://localhost:5000/a?b=%00'`,
    );
  });

  it("writes a body to a file if it does not fit into the command", () => {
    const file = join(root, "node_modules/.cache/fuzz-body");
    expect(line({ body: Buffer.from([0, 255]) }, file)).toContain(` --data-binary '@${file}' `);
    expect(existsSync(file)).toBe(true);
  });
});
