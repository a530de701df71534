// Packs Berth's packages as tarballs, and writes a lock file that installs them.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packTemplate, runTool, UsageError } from "berth-dev/scaffold";

/**
 * Compiles the packages, and packs them into a folder.
 * @throws UsageError when npm or the compiler fails.
 */
export function packPackages(root: string, names: readonly string[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  runTool(root, process.execPath, ["packages/build.js"], "the packages do not compile");
  packTemplate(root);
  const paths = names.map((name) => `./packages/${name}`);
  const args = ["pack", ...paths, "--pack-destination", folder, "--ignore-scripts", "--silent"];
  runTool(root, "npm", args, "npm cannot pack the packages");
  const packed = readdirSync(folder);
  const missing = names.find((name) => !packed.some((file) => file.startsWith(`${name}-`)));
  if (missing) throw new UsageError(`npm pack did not create a tarball of ${missing}`);
}

interface Lock {
  packages: Record<string, { link?: boolean }>;
}

/** A workspace of this repository, or a package installed in one. */
const IN_WORKSPACE = /^(?:packages\/([^/]+)|lab)(\/node_modules\/.+)?$/;

/**
 * Writes the lock file for the `package.json` in a folder. Each package keeps its version from the clone, and npm reads only the
 * tarballs: it needs neither a registry nor its cache.
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
    [...args, "--prefer-offline", "--silent"],
    "npm cannot lock the dependencies",
  );
}
