// Installs packages that are too large, or too rarely used, for dependencies.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Installs the packages, such as `yaml@2.9.1`, in the folder, unless they are there.
 * @param overrides Versions of their dependencies.
 * @returns A `require` for them.
 * @throws Error when they cannot be installed.
 */
export function installOnce(
  folder: string,
  packages: readonly string[],
  overrides: Readonly<Record<string, string>> = {},
): NodeJS.Require {
  if (!packages.every((name) => existsSync(join(folder, `.has-${name}`)))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", overrides }));
    const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", [...npm, ...packages], { cwd: folder, stdio: ["ignore", "ignore", 2] });
    for (const name of packages) writeFileSync(join(folder, `.has-${name}`), "");
  }
  return createRequire(join(folder, "package.json"));
}
