// `berth contract` without a command: the service of the working directory.
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { berth } from "../../src/cli-path";

/** The kit's own test server, which has flaws on demand. */
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

const valibot = require.resolve("valibot");

/** A checkout of which the kit can know no more than its Procfile, its declared variables and what its tests say. */
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
