// Compiles what tests run, once before all of them: the owner's service to `dist`, and the chassis' own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BUILT } from "./built";

const root = join(__dirname, "../../..");
/** Where it is found: a package manager may have put it into a folder above. */
const tsc = require.resolve("typescript/bin/tsc");

/** Without what an earlier build left, such as a migration by its old name; types are checked by `npm run typecheck`. */
async function compile(project: string, output: string): Promise<void> {
  rmSync(output, { recursive: true, force: true });
  const compiler = spawn(process.execPath, [tsc, "-p", project, "--noCheck"], {
    cwd: root,
    stdio: "inherit",
  });
  const [code] = (await once(compiler, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${project} does not compile: npm run typecheck says why`);
}

export default async function build(): Promise<void> {
  await Promise.all([
    compile("tsconfig.build.json", join(root, "dist")),
    compile("test/chassis/support/service/tsconfig.build.json", BUILT),
  ]);
  // As `npm run build:files` does.
  for (const output of [join(root, "dist"), join(BUILT, "src")]) {
    cpSync(join(root, "src"), output, {
      recursive: true,
      filter: (path) => !path.endsWith(".ts"),
    });
  }
}
