// npm run contract as one types it: options, output, exit codes, and nothing left behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { until } from "../../harness/wait";
import { contract, environment, kit, provideScratch, root, serverLine } from "./support";

provideScratch();

describe("npm run contract", () => {
  it("explains itself with --help", async () => {
    const { code, stdout } = await contract(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("COMMAND  One argument is a Procfile line");
  });

  it("exits with 2 when it is called wrongly", async () => {
    const { code, stderr } = await contract(["--platfrom", "heroku", "--", "true"]);
    expect(stderr).toContain("Unknown option '--platfrom'");
    expect(code).toBe(2);
  });

  describe("without a command", () => {
    it("exits with 2 where there is no Procfile", async () => {
      const { code, stderr } = await contract([], process.env.SCRATCH);
      expect(stderr).toContain("give a COMMAND after --");
      expect(code).toBe(2);
    });

    it("checks the service of the checkout, released, in its environment, by what its tests say", async () => {
      const checkout = checkoutWith(
        `release: test "$TOKEN-$SORT" = "an example-" && touch released`,
        `web: test -e released && test "$TOKEN" = "an example" && ${serverLine("exits with 0 after a forced drain")}`,
      );
      const { code, stdout, stderr } = await contract(["--only", "D1,D2,D7"], checkout);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^D2 .* pass .* 4 of 4 answered$/m);
      expect(stdout).toMatch(/^D7 .* fail .* exited with 0 although it cut a request/m);
      // Only a SHOULD.
      expect(code).toBe(0);
    });

    it("gives it nothing of what the shell or .env sets for the service", async () => {
      const seen = `"$TOKEN-$SORT-$OTHER" = "an example--other"`;
      const checkout = checkoutWith(
        `release: cat .env; test ${seen} && test ! -e .env`,
        `web: test ${seen} && test ! -e .env && mkdir -p here && ${serverLine()}`,
      );
      writeFileSync(join(checkout, ".env"), "TOKEN=precious\n");
      const env = { TOKEN: "precious", SORT: "down", OTHER: "other" };
      const { code, stdout, stderr } = await contract(["--only", "D1"], checkout, env);
      expect([stderr, stdout]).toEqual(["", expect.stringMatching(/^D1 .* pass /m)]);
      expect(code).toBe(0);
      expect(readdirSync(join(checkout, "node_modules/.cache"))).toEqual([]);
      expect(readdirSync(checkout)).not.toContain("here");
    });

    it("attaches a process type of the Procfile to it, as one of several contract.json says", async () => {
      const checkout = checkoutWith(`web: ${serverLine()}`, `front: ${serverLine()}`);
      const options = `{ "attached": "front", "upstream-env": "UPSTREAM_URL", "upstream-path": "/upstream" }`;
      writeFileSync(join(checkout, "test/contract.json"), options);
      const { code, stdout } = await contract(["--only", "D2,R1"], checkout);
      expect(stdout).toMatch(/^D2 .* pass .* 4 of 4 answered$/m);
      expect(stdout).toMatch(/^R1 .* pass .* GET \/upstream follows UPSTREAM_URL from port/m);
      expect(code).toBe(0);
    });

    it("exits with 1 when the service breaks a clause", async () => {
      const checkout = checkoutWith(`web: ${serverLine("has no signal handler")}`);
      expect((await contract(["--only", "D2"], checkout)).code).toBe(1);
    });

    it("says in one line that the release failed", async () => {
      const checkout = checkoutWith("release: echo no such table >&2; exit 3", "web: true");
      const { code, stderr } = await contract([], checkout);
      expect(stderr).toMatch(/^release: exited with 3; it says "no such table"$/m);
      expect(code).toBe(2);
    });
  });

  it("prints a row a clause and exits with 0 when the contract is kept", async () => {
    const { code, stdout } = await contract(["--only", "B1,H2", "--", serverLine()]);
    expect(stdout).toMatch(/^B1 {3}MUST {3}pass {2}listens on \$PORT: open on \d+ and \d+/m);
    expect(stdout).toContain("Keep-Alive: timeout=95, wanted 95");
    expect(stdout).toContain("2 passed, 0 failed, 0 skipped: keeps the contract");
    expect(code).toBe(0);
  });

  it("says what to do about a failure and exits with 1", async () => {
    const flaw = "closes idle connections after 5 s";
    const { code, stdout } = await contract(["--only", "H2", "--", serverLine(flaw)]);
    expect(stdout).toMatch(/seen {9}Keep-Alive: timeout=5, wanted 95/);
    expect(stdout).toMatch(/mend {9}server\.keepAliveTimeout/);
    expect(code).toBe(1);
  });

  it("blames no program for a folder that is closed to others", async () => {
    const closed = mkdtempSync(join(tmpdir(), "closed-"));
    const folder = join(closed, "open");
    cpSync(join(root, "scripts/lab/contract/test/servers"), folder, { recursive: true });
    const args = ["--only", "B8", "--", `exec '${process.execPath}' main.js`];
    const { code, stdout } = await contract(args, folder);
    rmSync(closed, { recursive: true });
    expect(stdout).not.toContain("fail ");
    expect(code).toBe(0);
  });

  it("prints JSON and nothing else with --json", async () => {
    const options = ["--json", "--only", "B2", "--platform", "fly"];
    const { code, stdout } = await contract([...options, "--", serverLine("binds loopback only")]);
    expect(JSON.parse(stdout)).toMatchObject({
      platform: "fly",
      keepsContract: false,
      clauses: [{ id: "B2", level: "MUST", status: "fail" }],
    });
    expect(code).toBe(1);
  });

  it("takes its runs along when it is interrupted", async () => {
    const args = [...kit, "--only", "B10", "--", serverLine("writes a PID file")];
    const running = spawn(process.execPath, args, {
      cwd: root,
      env: environment(),
      stdio: "ignore",
    });
    const pid = await until(() => pidsIn(process.env.SCRATCH ?? "")[0], 60_000);
    running.kill("SIGTERM");
    expect(await once(running, "exit")).toEqual([143, null]);
    expect(await until(() => !isAlive(pid ?? 0), 60_000)).toBe(true);
  });
});

const valibot = join(root, "node_modules/valibot");

/** A checkout of which the kit can know no more than its Procfile, its declared variables and what its tests say. */
function checkoutWith(...lines: readonly string[]): string {
  const checkout = mkdtempSync(join(process.env.SCRATCH ?? "", "checkout-"));
  const files = {
    Procfile: lines.join("\n"),
    "dist/config.js": `const schema = require(${JSON.stringify(valibot)}).string();
      exports.webVariables = { PORT: { schema, default: "1" }, TOKEN: { schema, example: "an example" }, SORT: { schema, default: "up" } };`,
    "test/features/things/contract.json": `{ "slow-path": "/slow", "body-path": "/things", "body": { "sort": 1 } }`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text);
  }
  return checkout;
}

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
