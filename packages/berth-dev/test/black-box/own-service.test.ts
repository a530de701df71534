// `berth contract` without a command checks the service in the working directory.
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { berth } from "../../src/cli-path";

/** The kit's test server, which has flaws on demand. */
const server = join(dirname(require.resolve("port-contract/package.json")), "test/servers/main.js");
const serverLine = (...flaws: string[]) =>
  `exec ${[process.execPath, server, ...flaws].map((word) => `'${word}'`).join(" ")}`;

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "contract-"));
  chmodSync(scratch, 0o777); // B8 runs them as another user.
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function contract(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const [file, ...command] = berth("contract", ...args);
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(file, command, { cwd, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

describe("berth contract, without a command", () => {
  it("runs the release line, and checks the service with its variables and the options from its tests", async () => {
    const checkout = checkoutWith(
      `release: test "$TOKEN-$SORT" = "an example-" && touch released`,
      `web: test -e released && test "$TOKEN" = "an example" && ${serverLine("exits with 0 after a forced drain")}`,
    );
    const { code, stdout, stderr } = await contract(["--only", "D1,D2,D7"], checkout);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^D2 .* pass .* 4 of 4 completed$/m);
    expect(stdout).toMatch(/^D7 .* fail .* exited with 0 although it cut a request/m);
    // A broken SHOULD does not fail.
    expect(code).toBe(0);
  });

  it("gives the service no variables from the shell or .env", async () => {
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

  it("attaches a process type of the Procfile that a contract.json names", async () => {
    const checkout = checkoutWith(`web: ${serverLine()}`, `front: ${serverLine()}`);
    const options = `{ "attached": "front", "upstream-env": "UPSTREAM_URL", "upstream-path": "/upstream" }`;
    writeFileSync(join(checkout, "test/contract.json"), options);
    const { code, stdout } = await contract(["--only", "D2,R1"], checkout);
    expect(stdout).toMatch(/^D2 .* pass .* 4 of 4 completed$/m);
    expect(stdout).toMatch(/^R1 .* pass .* GET \/upstream follows UPSTREAM_URL from port/m);
    expect(code).toBe(0);
  });

  it("exits with 1 when the service breaks a clause", async () => {
    const checkout = checkoutWith(`web: ${serverLine("has no signal handler")}`);
    expect((await contract(["--only", "D2"], checkout)).code).toBe(1);
  });

  it("reports a failed release in one line", async () => {
    const checkout = checkoutWith("release: echo no such table >&2; exit 3", "web: true");
    const { code, stderr } = await contract([], checkout);
    expect(stderr).toMatch(/^release: exited with 3; it says "no such table"$/m);
    expect(code).toBe(2);
  });
});

const valibot = require.resolve("valibot");

/** A checkout with only a Procfile, declared variables and the options in its tests. */
function checkoutWith(...lines: readonly string[]): string {
  const checkout = mkdtempSync(join(scratch, "checkout-"));
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
