// Compiles what tests run, once before all of them: the owner's service to `dist`, and the chassis' own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { BUILT } from "./built";

const root = join(__dirname, "../../..");
/** Where it is found: a package manager may have put it into a folder above. */
const tsc = require.resolve("typescript/bin/tsc");

/**
 * Compiles beside the output, as deep as that for the paths in source maps, and only then puts each file in its place: what
 * another run has started from there loads on. Types are checked by `npm run typecheck`.
 * @param files Where in the output what is no TypeScript goes.
 */
async function compile(project: string, output: string, files: string) {
  mkdirSync(dirname(output), { recursive: true });
  const fresh = mkdtempSync(`${output}-`);
  try {
    const args = [tsc, "-p", project, "--noCheck", "--outDir", fresh];
    const compiler = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
    const [code] = (await once(compiler, "exit")) as [number | null];
    if (code !== 0) throw new Error(`${project} does not compile: npm run typecheck says why`);
    copyFiles(join(fresh, files));
    putInPlace(fresh, output);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Leaves nothing of an earlier build, such as a migration by its old name. */
function putInPlace(fresh: string, output: string): void {
  const files = filesIn(fresh);
  for (const file of files) {
    mkdirSync(dirname(join(output, file)), { recursive: true });
    renameSync(join(fresh, file), join(output, file));
  }
  const kept = new Set(files);
  for (const file of filesIn(output)) if (!kept.has(file)) rmSync(join(output, file));
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

/** As `npm run build:files` does. */
const copyFiles = (to: string): void =>
  cpSync(join(root, "src"), to, { recursive: true, filter: (path) => !path.endsWith(".ts") });

export default async function build(): Promise<void> {
  await Promise.all([
    compile("tsconfig.build.json", join(root, "dist"), ""),
    compile("test/chassis/support/service/tsconfig.build.json", BUILT, "src"),
  ]);
}
