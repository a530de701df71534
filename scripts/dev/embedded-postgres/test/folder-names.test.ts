// What a checkout's folder may be called: the tools find their files below any name.
import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../../../..");
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "folder-names-")));
afterAll(() => rmSync(scratch, { recursive: true }));

const NAMES = ["C#", "100%", "x [1] (a) $HOME Übung+{1,2}!"];

/** The parts of a checkout that a test needs, with links to packages, but for PGlite: that one looks where it lies. */
function checkout(name: string): string {
  const folder = join(scratch, name);
  for (const path of [
    "scripts/dev",
    "src",
    "package.json",
    "jest.config.js",
    "tsconfig.json",
    "test/config.test.ts",
    "test/chassis/support",
  ])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  const packages = join(root, "node_modules");
  mkdirSync(join(folder, "node_modules/@electric-sql"), { recursive: true });
  for (const each of readdirSync(packages).filter((of) => of !== "@electric-sql"))
    symlinkSync(join(packages, each), join(folder, "node_modules", each));
  const pglite = "node_modules/@electric-sql/pglite";
  cpSync(join(root, pglite), join(folder, pglite), { recursive: true });
  return folder;
}

describe.each(NAMES)("a checkout in %j", (name) => {
  let folder: string;
  beforeAll(() => (folder = checkout(name)));

  it("opens its development database", async () => {
    const args = ["--require", "ts-node/register", "scripts/dev/embedded-postgres/main.ts"];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, PORT: "0" },
    });
    let output = "";
    const ready = new Promise<boolean>((resolve) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        if (/ready on postgres:/.test(output)) resolve(true);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.once("close", () => resolve(false));
    });
    expect([await ready, output]).toEqual([true, expect.stringMatching(/ready on/)]);
    child.kill("SIGKILL");
    expect(readdirSync(join(folder, ".data"))).toContain("postgres");
  });

  it("finds its tests", () => {
    const jest = join(root, "node_modules/jest/bin/jest.js");
    const list = execFileSync(process.execPath, [jest, "--listTests"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(list.split("\n")).toContain(join(folder, "test/config.test.ts"));
  });
});
