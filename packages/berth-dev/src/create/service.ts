// Writes a complete service into an empty folder.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentVariables, renderService, type Versions } from "../scaffold/render";
import { writeLock } from "./lock";
import type { CreateOptions } from "./options";

/**
 * Writes the service: its files, licence and lock file. Does not change the template.
 * @param root The folder of the template.
 * @param vendor Fills the service's `vendor` with the packages' tarballs. Default: they come from the registry.
 * @throws UsageError when a file cannot be read, or a tool fails.
 */
export async function writeService(
  root: string,
  folder: string,
  options: CreateOptions,
  versions: Versions,
  vendor?: (folder: string) => void,
): Promise<void> {
  const isVendored = vendor !== undefined;
  await renderService(root, folder, { ...options, isVendored }, versions);
  await documentVariables(root, folder);
  writeLicence(root, folder, options);
  vendor?.(join(folder, "vendor"));
  writeLock(root, folder);
}

/** The licence requires that its notice stays: Berth's copyright holders follow the service's. */
function writeLicence(root: string, folder: string, { owner }: CreateOptions): void {
  const path = join(root, "LICENSE");
  if (!existsSync(path)) return;
  const notice = `Copyright (c) ${new Date().getFullYear()} ${owner}\nCopyright `;
  const text = readFileSync(path, "utf8").replace(/^Copyright /m, () => notice);
  writeFileSync(join(folder, "LICENSE"), text);
}
