// The fuzzer on the template's service, built.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../../..");
const fuzz = (...args: string[]) => {
  const command = [require.resolve("berth-dev/cli"), "fuzz", ...args];
  return spawnSync(process.execPath, command, {
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
