// Compares a service of `npm run init` with one of `npm create berth`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VENDORED } from "berth-dev/scaffold";

/** The lines that only the service with tarballs has, and those that only the one from the registry has, by file. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  ".dockerignore": ["-!vendor"],
  Dockerfile: ["-COPY vendor vendor"],
  "README.md": [
    "-vendor/          Berth's packages, on which the service is built, with their sources",
    "-npm run upgrade -- ../berth",
    "+npm run upgrade",
  ],
};

const own: readonly string[] = [...VENDORED.dependencies, ...VENDORED.devDependencies];

/**
 * Lists every difference between the two.
 * @throws Error when there is one that should not be.
 */
export function compareServices(vendored: string, created: string): string[] {
  const files = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .filter((file) => !/^(vendor|node_modules|\.git)\//.test(file))
      .sort();
  const [before, after] = [files(vendored), files(created)];
  if (before.join() !== after.join()) {
    throw new Error(
      `only one of them has ${before
        .concat(after)
        .filter((file) => !before.includes(file) || !after.includes(file))
        .join(", ")}`,
    );
  }
  const report: string[] = [];
  for (const file of before) {
    const [from, to] = [vendored, created].map((folder) =>
      readFileSync(join(folder, file), "utf8"),
    );
    if (from === undefined || to === undefined || from === to) continue;
    if (file === "package-lock.json") {
      if (withoutOwn(from) !== withoutOwn(to)) throw new Error("other packages are locked");
      report.push(`${file}: only in the entries of ${own.join(", ")}`);
      continue;
    }
    const lines = difference(from, to);
    const expected = EXPECTED[file] ?? (file === "package.json" ? inManifest(from) : []);
    if (lines.join("\n") !== expected.join("\n")) throw new Error(`${file}:\n${lines.join("\n")}`);
    report.push(...lines.map((line) => `${file}: ${line}`));
  }
  return report;
}

/** The strings of package.json that differ. */
const inManifest = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.includes('"file:vendor/'))
    .flatMap((line) => [
      `-${line}`,
      `+${line.replace(/file:vendor\/[a-z-]+-([\d.]+)\.tgz/, "$1")}`,
    ]);

/** The lines that only one of the texts has, in their order; empty ones do not count. */
function difference(from: string, to: string): string[] {
  const [before, after] = [from.split("\n"), to.split("\n")];
  const removed = before.filter((line) => line !== "" && !after.includes(line));
  const added = after.filter((line) => line !== "" && !before.includes(line));
  // Side by side if each line has become another one.
  return removed.length === added.length
    ? removed.flatMap((line, i) => [`-${line}`, `+${added[i]}`])
    : [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)];
}

/** The lock file without the service's own entry and those of Berth's packages. */
function withoutOwn(text: string): string {
  const lock = JSON.parse(text) as { packages: Record<string, unknown> };
  delete lock.packages[""];
  for (const name of own) delete lock.packages[`node_modules/${name}`];
  return JSON.stringify(lock);
}
