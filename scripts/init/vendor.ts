// Packs Berth's packages as tarballs.
import { mkdirSync, readdirSync } from "node:fs";
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
