// Checks whether node_modules matches package.json and package-lock.json.
import { join } from "node:path";
import type { Finding } from "../check";
import type { Context } from "../context";
import { type LockEntry, readLock, versionIn } from "../installed";

export function checkPackages(context: Context): Finding[] {
  const lock = readLock(context);
  // Another package manager's lock file is not read, and node_modules may have another form.
  if (lock === undefined) return describeMissing(missingDirectly(context), "npm install");
  const stale = staleDependencies(context, lock);
  if (stale.length > 0) {
    return [
      {
        level: "error",
        message: `package-lock.json is out of date: it does not match package.json's ${list(stale)}`,
        cure: "npm install, and commit package-lock.json",
      },
    ];
  }
  const { missing, others } = compare(context.root, lock);
  return [
    ...describeMissing(missing, "npm ci"),
    ...(others.length === 0
      ? []
      : [
          {
            level: "error" as const,
            message: `installed versions differ from package-lock.json: ${list(others)}`,
            cure: "npm ci",
          },
        ]),
  ];
}

const describeMissing = (names: readonly string[], cure: string): Finding[] =>
  names.length === 0
    ? []
    : [{ level: "error", message: `packages are not installed: ${list(names)}`, cure }];

const LISTED = 5;

function list(names: readonly string[]): string {
  const rest = names.length - LISTED;
  return `${names.slice(0, LISTED).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function missingDirectly({ root, manifest }: Context): string[] {
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return names.filter((name) => versionIn(join(root, "node_modules", name)) === undefined);
}

/** The dependencies of package.json whose ranges differ in the lock file. */
function staleDependencies({ manifest }: Context, lock: Record<string, LockEntry>): string[] {
  const { dependencies, devDependencies } = lock[""] ?? {};
  const locked = { ...dependencies, ...devDependencies };
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  return wanted.flatMap(([name, range]) => (locked[name] === range ? [] : [`${name} ${range}`]));
}

function compare(
  root: string,
  lock: Record<string, LockEntry>,
): { missing: string[]; others: string[] } {
  const missing: string[] = [];
  const others: string[] = [];
  for (const [path, entry] of Object.entries(lock)) {
    const name = path.split("node_modules/").at(-1);
    // Below a link are a workspace's own files.
    if (name === undefined || !path.includes("node_modules/")) continue;
    const version = versionIn(join(root, path));
    if (version === undefined) {
      if (!isOptional(entry)) missing.push(name);
    } else if (entry.version !== undefined && entry.version !== version)
      others.push(`${name} ${version} instead of ${entry.version}`);
  }
  return { missing, others };
}

/** Such as a binary for another system. */
const isOptional = ({ optional, devOptional, peer }: LockEntry): boolean =>
  Boolean(optional ?? devOptional ?? peer);
