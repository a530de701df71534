// The page on testing: its examples are typed into the service, and its commands run them.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { copyService, typeIn } from "../service-copy";

const root = join(__dirname, "../../..");
const page = readFileSync(join(root, "docs/testing.md"), "utf8");

/** A copy of the service with all that the page says. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), "testing page-")));
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = [...page.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g)].map(
  ([, path = "", code = ""]) => ({ path, code }),
);
const tests = blocks.map(({ path }) => path).filter((path) => path.startsWith("test/"));

beforeAll(() => {
  copyService(folder, ["test/support", "test/app.test.ts", "jest.config.js"]);
  for (const { path, code } of blocks) typeIn(folder, path, code);
});

const run = (command: string) => {
  const [file = "", ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  return spawnSync(file, args, { cwd: folder, encoding: "utf8" });
};
// In this repository, `npm test` runs the packages' tests, too.
const asInService = (command: string) => command.replace("npm test --", "npx jest");

const commandsOf = (section: string): string[] =>
  [...section.matchAll(/^\| `((?:npm|node) [^`]+)`/gm)].map(([, command = ""]) => command);

describe("the page on testing", () => {
  it("has examples that compile and pass, each of them", () => {
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--noEmit"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(tests.length).toBeGreaterThanOrEqual(6);
    const { stdout, stderr } = run(`npx jest --json --maxWorkers 2 ${tests.join(" ")}`);
    const { testResults } = JSON.parse(stdout) as {
      testResults: { name: string; status: string; assertionResults: object[] }[];
    };
    const passed = testResults.filter(
      ({ status, assertionResults }) => status === "passed" && assertionResults.length > 0,
    );
    expect([passed.map(({ name }) => name).sort(), stderr]).toEqual([
      tests.map((path) => join(folder, path)).sort(),
      expect.any(String),
    ]);
  });

  it("shows what a failing test shows", () => {
    const [, shown = ""] = /## When a test fails[^]*?```\n([^]*?)```/.exec(page) ?? [];
    const router = join(folder, "src/features/loans/router.ts");
    const own = readFileSync(router, "utf8");
    writeFileSync(router, own.replace("INTO loans", "INTO loan"));
    const file = join(folder, "test/failing.test.ts");
    writeFileSync(
      file,
      readFileSync(join(folder, "test/features/loans/loans.test.ts"), "utf8")
        .replace("../../support", "./support")
        .replace('it("keeps the loan"', 'it("POST /loans › lends a tool for 14 days"'),
    );
    const { stderr } = run("npx jest test/failing.test.ts");
    writeFileSync(router, own);
    rmSync(file);
    for (const line of shown.trim().split("\n")) {
      const pattern = line
        .trim()
        .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
        .replaceAll(/\d+ (ms|in packages)/g, "[\\d.]+ $1")
        .replace(/:\d+:\d+$/, ":\\d+:\\d+");
      expect(stderr).toMatch(new RegExp(`^\\s*${pattern}$`, "m"));
    }
  });

  const section = page.slice(page.indexOf("## One file"));

  it("has commands that run tests", () => {
    const simple = commandsOf(section).filter((each) => !/--watch|--inspect/.test(each));
    expect(simple.length).toBe(2);
    for (const command of simple) {
      const { status, stderr } = run(asInService(command));
      expect([command, status, stderr]).toEqual([command, 0, expect.any(String)]);
    }
    expect(run(asInService(simple[1] ?? "")).stderr).toMatch(/Tests: .*1 passed/);
  });

  it("has a command that lets a debugger attach", async () => {
    const [command = ""] = commandsOf(section).filter((each) => each.includes("--inspect"));
    const [file = "", ...args] = command.replace("--inspect-brk", "--inspect-brk=0").split(" ");
    const child = spawn(file, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let printed = "";
    for await (const chunk of child.stderr) {
      printed += String(chunk);
      if (printed.includes("Debugger listening on ws://")) break;
    }
    child.kill("SIGKILL");
    expect(printed).toContain("Debugger listening on ws://");
  });

  it("has a command that runs tests again at each save", async () => {
    const [command = ""] = commandsOf(section).filter((each) => each.includes("--watch"));
    execFileSync("git", ["init", "-q"], { cwd: folder });
    const child = spawn("npx", [...asInService(command).split(" ").slice(1)], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const closed = text(child.stdout);
    let printed = "";
    const edited = "test/features/loans/remind.test.ts";
    for await (const chunk of child.stderr) {
      printed += String(chunk);
      if (/Ran all test suites/.test(printed)) break;
    }
    process.kill(-child.pid!, "SIGKILL");
    await closed;
    expect(printed).toContain(`PASS service ${edited}`);
  });
});
