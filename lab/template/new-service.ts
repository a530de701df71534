// Services as `npm run init` writes them, for tests: each in a folder of its own, which is removed when the test file ends.
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOptions } from "berth-dev/create";
import { PACKAGE_NAMES } from "berth-dev/scaffold";

export const root = join(__dirname, "../..");

export const scratch = realpathSync(mkdtempSync(join(tmpdir(), "init-")));
afterAll(() => rmSync(scratch, { recursive: true }));

let count = 0;
export const newFolder = (): string => join(scratch, `${++count}`);

export const read = (folder: string, file: string): string =>
  readFileSync(join(folder, file), "utf8");

/** @throws Error without a folder, as after a `beforeAll` that failed: git would reset this repository. */
export function git(folder: string | undefined, ...args: string[]): string {
  if (folder === undefined) throw new Error("there is no folder to run git in");
  const author = ["-c", "user.name=t", "-c", "user.email=t@example.test"];
  return execFileSync("git", [...author, ...args], { cwd: folder, encoding: "utf8" });
}

/** The folder's files, without those of git and npm. */
export function filesIn(folder: string, below = ""): string[] {
  const entries = readdirSync(join(folder, below), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      if (entry.name === "node_modules" || entry.name === ".git") return [];
      const path = join(below, entry.name);
      if (entry.isDirectory()) return filesIn(folder, path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

const runScript = (program: string) =>
  execFileSync(process.execPath, ["--require", "ts-node/register", "-e", program], { cwd: root });

/** Where `packed` has put the packages. */
export const tarballs = newFolder();

/** Packs the packages once, for `writeService`. */
export function packed(): void {
  const given = [root, PACKAGE_NAMES, tarballs].map((each) => JSON.stringify(each)).join(", ");
  runScript(`require("./scripts/init/vendor").packPackages(${given})`);
}

/** Writes the service as init does with these arguments, without packing the packages again. */
export function writeService(...args: string[]): string {
  const folder = newFolder();
  mkdirSync(folder);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const options = parseOptions(["my-service", "--owner", "Ada & Co", ...args]);
  const given = [root, folder, options, tarballs].map((each) => JSON.stringify(each)).join(", ");
  runScript(`require("./scripts/init/service").writeVendoredService(${given})`);
  return folder;
}

/** Makes a service a repository of its own, which has no history in common with Berth. */
export function committed(folder: string): string {
  git(folder, "init", "-q");
  // A link here, which .gitignore does not match.
  writeFileSync(join(folder, ".git/info/exclude"), "node_modules\n");
  commit(folder);
  return folder;
}

export function commit(folder: string): void {
  git(folder, "add", "-A");
  git(folder, "commit", "-qm", "Mine");
}
