// The lock file, and the packages in node_modules.
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { readText, type Context } from "./context";

/** The members of an entry of package-lock.json that are checked. */
export interface LockEntry {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  /** Not needed on every machine. */
  optional?: boolean;
  devOptional?: boolean;
  peer?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The entries of package-lock.json by path. Undefined without the file, as with another package manager. */
export function readLock(context: Context): Record<string, LockEntry> | undefined {
  const text = readText(context, "package-lock.json");
  if (text === undefined) return undefined;
  return (JSON.parse(text) as { packages?: Record<string, LockEntry> }).packages;
}

/** The version of the package in a folder. Undefined if there is none, or its package.json is damaged. */
export function versionIn(folder: string): string | undefined {
  try {
    const text = readFileSync(join(folder, "package.json"), "utf8");
    return (JSON.parse(text) as { version?: string }).version;
  } catch {
    return undefined;
  }
}

/** The folders of all installed copies of a package, also below other packages and below workspaces. */
export function copiesOf(name: string, root: string): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const search = (folder: string): void => {
    const modules = join(folder, "node_modules");
    for (const installed of packagesIn(modules)) {
      const real = realpathSync(join(modules, installed));
      if (installed === name) found.add(real);
      if (seen.has(real)) continue;
      seen.add(real);
      search(real);
    }
  };
  search(root);
  return [...found].sort();
}

/** The names of the packages in a folder `node_modules`. Empty if it does not exist. */
function packagesIn(modules: string): string[] {
  return foldersIn(modules).flatMap((name) =>
    name.startsWith("@")
      ? foldersIn(join(modules, name)).map((scoped) => `${name}/${scoped}`)
      : [name],
  );
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(
      (name) =>
        !name.startsWith(".") &&
        statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory(),
    );
  } catch {
    return [];
  }
}
