// Writes the complete service into an empty folder.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageVersions, renderService, tarballOf, VENDORED } from "berth-dev/scaffold";
import type { InitOptions } from "./options";
import { packPackages, writeLock } from "./vendor";

/**
 * Writes the service. Does not change the clone.
 * @param tarballs A folder that already contains the tarballs.
 * @throws UsageError when a file cannot be read, or a tool fails.
 */
export async function writeService(
  root: string,
  folder: string,
  options: InitOptions,
  tarballs?: string,
): Promise<void> {
  const versions = packageVersions(root);
  await renderService(root, folder, options, versions);
  writeLicence(root, folder, options);

  // All of them: `npm run add` may need what the service does not use yet.
  const vendored = [...VENDORED.dependencies, ...VENDORED.devDependencies];
  if (tarballs === undefined) packPackages(root, vendored, join(folder, "vendor"));
  else {
    mkdirSync(join(folder, "vendor"), { recursive: true });
    for (const file of vendored.map((name) => tarballOf(name, versions))) {
      cpSync(join(tarballs, file.replace(/^vendor\//, "")), join(folder, file));
    }
  }
  writeLock(root, folder);
}

/** The licence requires that its notice stays: Berth's copyright holders follow the service's. */
function writeLicence(root: string, folder: string, { owner }: InitOptions): void {
  const path = join(root, "LICENSE");
  if (!existsSync(path)) return;
  const notice = `Copyright (c) ${new Date().getFullYear()} ${owner}\nCopyright `;
  const text = readFileSync(path, "utf8").replace(/^Copyright /m, () => notice);
  writeFileSync(join(folder, "LICENSE"), text);
}
