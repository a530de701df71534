// Writes the service, with the packages as tarballs in `vendor`.
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type CreateOptions, writeService } from "berth-dev/create";
import { packageVersions, tarballOf, VENDORED } from "berth-dev/scaffold";
import { packPackages } from "./vendor";

/**
 * Writes the service. Does not change the clone.
 * @param tarballs A folder that already contains the tarballs.
 * @throws UsageError when a file cannot be read, or a tool fails.
 */
export function writeVendoredService(
  root: string,
  folder: string,
  options: CreateOptions,
  tarballs?: string,
): Promise<void> {
  const versions = packageVersions(root);
  // All packages: `npm run add` may need one that the service does not use yet.
  const vendored = [...VENDORED.dependencies, ...VENDORED.devDependencies];
  return writeService(root, folder, options, versions, (vendor) => {
    if (tarballs === undefined) return packPackages(root, vendored, vendor);
    mkdirSync(vendor, { recursive: true });
    for (const file of vendored.map((name) => tarballOf(name, versions))) {
      cpSync(join(tarballs, file.replace(/^vendor\//, "")), join(folder, file));
    }
  });
}
