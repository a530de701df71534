// The tools find their files in a checkout with any folder name.
import { spawn } from "node:child_process";
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

/** A checkout with links to packages, except those that look for files beside themselves. */
function checkout(name: string): string {
  const folder = join(scratch, name);
  const modules = join(root, "node_modules");
  mkdirSync(join(folder, "node_modules/@electric-sql"), { recursive: true });
  for (const each of readdirSync(modules).filter(
    (of) => !["@electric-sql", "berth-dev"].includes(of),
  ))
    symlinkSync(join(modules, each), join(folder, "node_modules", each));
  const pglite = "node_modules/@electric-sql/pglite";
  cpSync(join(root, pglite), join(folder, pglite), { recursive: true });
  for (const each of ["bin", "dist", "package.json"])
    cpSync(join(__dirname, "../..", each), join(folder, "node_modules/berth-dev", each), {
      recursive: true,
    });
  return folder;
}

describe.each(NAMES)("a checkout in %j", (name) => {
  let folder: string;
  beforeAll(() => (folder = checkout(name)));

  it("opens its development database", async () => {
    const child = spawn(process.execPath, ["node_modules/berth-dev/bin/berth.js", "postgres"], {
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
});
