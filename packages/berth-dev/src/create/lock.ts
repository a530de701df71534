// Writes a service's lock file.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../scaffold/render";

interface Lock {
  packages: Record<string, { link?: boolean }>;
}

/** A workspace of Berth's repository, or a package installed in one. */
const IN_WORKSPACE = /^(?:packages\/([^/]+)|lab)(\/node_modules\/.+)?$/;

/**
 * Writes the lock file for the `package.json` in a folder. Packages keep their versions from the template's lock file, so npm
 * only looks up those that it lacks: Berth's packages, as tarballs or in the registry.
 * @throws UsageError when npm fails.
 */
export function writeLock(root: string, folder: string): void {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  const packages = Object.entries(lock.packages).flatMap(([path, entry]) => {
    const [workspace, name, below] = IN_WORKSPACE.exec(path) ?? [];
    if (path === "" || entry.link) return [];
    if (workspace === undefined) return [[path, entry] as const];
    return name && below ? [[`node_modules/${name}${below}`, entry] as const] : [];
  });
  const text = JSON.stringify({ ...lock, packages: Object.fromEntries(packages) });
  writeFileSync(join(folder, "package-lock.json"), text);
  const args = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"];
  runTool(
    folder,
    "npm",
    [...args, "--prefer-offline", "--loglevel=error"],
    "npm cannot lock the dependencies",
  );
}
