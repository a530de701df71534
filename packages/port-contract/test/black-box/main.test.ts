// The command line: options, output, exit codes, and cleanup.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../src/harness/wait";
import { contract, kit, provideScratch, serverLine } from "../support";

provideScratch();

describe("port-contract", () => {
  it("prints its usage with --help", async () => {
    const { code, stdout } = await contract(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("COMMAND  One argument is a Procfile line");
  });

  it("exits with 2 on an unknown option", async () => {
    const { code, stderr } = await contract(["--platfrom", "heroku", "--", "true"]);
    expect(stderr).toContain("Unknown option '--platfrom'");
    expect(code).toBe(2);
  });

  describe("without a command", () => {
    it("exits with 2 if there is no Procfile", async () => {
      const { code, stderr } = await contract([], process.env.SCRATCH);
      expect(stderr).toContain("give a COMMAND after --");
      expect(code).toBe(2);
    });
  });

  it("prints a row per clause and exits with 0 when the contract is kept", async () => {
    const { code, stdout } = await contract(["--only", "B1,H2", "--", serverLine()]);
    expect(stdout).toMatch(/^B1 {3}MUST {3}pass {2}listens on \$PORT: open on \d+ and \d+/m);
    expect(stdout).toContain("Keep-Alive: timeout=95, wanted 95");
    expect(stdout).toContain("2 passed, 0 failed, 0 skipped: keeps the contract");
    expect(code).toBe(0);
  });

  it("explains a failure and exits with 1", async () => {
    const flaw = "closes idle connections after 5 s";
    const { code, stdout } = await contract(["--only", "H2", "--", serverLine(flaw)]);
    expect(stdout).toMatch(/seen {9}Keep-Alive: timeout=5, wanted 95/);
    expect(stdout).toMatch(/fix {10}server\.keepAliveTimeout/);
    expect(code).toBe(1);
  });

  it("does not fail a program in a private folder", async () => {
    const closed = mkdtempSync(join(tmpdir(), "closed-"));
    const folder = join(closed, "open");
    cpSync(join(__dirname, "../servers"), folder, { recursive: true });
    const args = ["--only", "B8", "--", `exec '${process.execPath}' main.js`];
    const { code, stdout } = await contract(args, folder);
    rmSync(closed, { recursive: true });
    expect(stdout).not.toContain("fail ");
    expect(code).toBe(0);
  });

  it("prints only JSON with --json", async () => {
    const options = ["--json", "--only", "B2", "--platform", "fly"];
    const { code, stdout } = await contract([...options, "--", serverLine("binds loopback only")]);
    expect(JSON.parse(stdout)).toMatchObject({
      platform: "fly",
      keepsContract: false,
      clauses: [{ id: "B2", level: "MUST", status: "fail" }],
    });
    expect(code).toBe(1);
  });

  it("writes JUnit XML with --junit, beside the rows", async () => {
    const file = join(process.env.SCRATCH ?? "", "report.xml");
    const options = ["--junit", file, "--only", "B2,B3"];
    const { code, stdout } = await contract([...options, "--", serverLine("binds loopback only")]);
    expect(stdout).toMatch(/^B2 {3}MUST {3}fail /m);
    const xml = readFileSync(file, "utf8");
    expect(xml).toContain('tests="2" failures="1" errors="0"');
    expect(xml).toMatch(/name="B2 [^"]+" time="\d*[1-9]\d*\.\d+|time="0\.\d*[1-9]/);
    expect(code).toBe(1);
  });

  it("exits with 2 before it starts anything if it cannot write the report", async () => {
    const file = join(process.env.SCRATCH ?? "", "missing/report.xml");
    const { code, stdout, stderr } = await contract(["--junit", file, "--", serverLine()]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^--junit: ENOENT: .*report\.xml'\n$/);
  });

  it.each([
    ["a check", 'require("node:child_process").spawn = () => { throw new Error("mine"); };'],
    ["something else", 'setImmediate(() => { throw new Error("mine"); });'],
  ])("exits with 3 if %s throws what only a bug can", async (_what, code) => {
    const hook = join(process.env.SCRATCH ?? "", "hook.js");
    writeFileSync(hook, code);
    const env = { NODE_OPTIONS: `--require ${hook}` };
    const result = await contract(["--only", "B1", "--", serverLine()], undefined, env);
    expect(result.stderr).toContain("Error: mine");
    expect(result.code).toBe(3);
  });

  it("kills its runs when it is interrupted", async () => {
    const args = [...kit, "--only", "B10", "--", serverLine("writes a PID file")];
    const running = spawn(process.execPath, args, {
      // A plain copy: Jest replaces process.env.
      env: { ...process.env },
      stdio: "ignore",
    });
    const pid = await until(() => pidsIn(process.env.SCRATCH ?? "")[0], 60_000);
    running.kill("SIGTERM");
    expect(await once(running, "exit")).toEqual([143, null]);
    expect(await until(() => !isAlive(pid ?? 0), 60_000)).toBe(true);
  });
});

function pidsIn(dir: string): number[] {
  return readdirSync(dir)
    .flatMap((name) => /^(\d+)\.pid$/.exec(name)?.[1] ?? [])
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
