// Copies of the service, into which a test types what a page shows.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(__dirname, "../..");

/** Copies the service's sources and settings into a folder, with the packages that are installed here. */
export function copyService(folder: string, files: readonly string[]): void {
  for (const name of ["src", "package.json", "tsconfig.json", ...files]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

/** Types code into a file: all of a new one, or what `change` makes of an existing one. */
export function typeIn(
  folder: string,
  path: string,
  code: string,
  change: (text: string, code: string) => string = insertCode,
): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, existsSync(file) ? change(readFileSync(file, "utf8"), code) : code);
}

/** Adds imports at the top of a file, and other lines at the end of its first function. */
export function insertCode(text: string, code: string): string {
  const [imports = "", ...rest] = code.split("\n\n");
  return `${imports}\n${text.replace(/\n}\n/, () => `\n${rest.join("\n\n")}}\n`)}`;
}

/** Builds the service. @throws Error with the compiler's errors. */
export function buildService(folder: string): void {
  try {
    // Without what this repository runs before a build: a service has no packages to compile.
    const command = ["run", "--silent", "--ignore-scripts", "build"];
    execFileSync("npm", command, { cwd: folder, encoding: "utf8" });
  } catch (err) {
    throw new Error((err as { stdout: string }).stdout, { cause: err });
  }
}
