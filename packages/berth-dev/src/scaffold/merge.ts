// Three-way merge of folders: brings what changed between two renderings of the template into the owner's files.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "port-contract/args";
import { type Json, mergeManifests } from "./manifest";
import { formatted } from "./tidy";

/** What happens to one of the owner's files. */
export interface Change {
  file: string;
  /**
   * `kept`: the template has changed or removed it, but it stays as its owner has it. `conflict`: both have changed the same lines; the file
   * gets git's conflict markers. `skipped`: the template changed it, but its owner has removed it.
   */
  kind: "added" | "changed" | "removed" | "kept" | "conflict" | "skipped";
  /** What it becomes; null: it is removed; undefined: it stays as it is. */
  content?: Buffer | null;
  mode?: number;
  /** What the owner should look at. */
  notes?: string[];
}

/** The three folders, and the files that the two renderings have. */
export interface Merge {
  /** The rendering that the owner started from. */
  base: string;
  /** The rendering that is wanted. */
  target: string;
  /** The owner's folder. */
  owner: string;
  /** Relative paths. */
  files: readonly string[];
}

/** Plans the merge; changes nothing. @throws UsageError when git fails. */
export async function planMerge({ base, target, owner, files }: Merge): Promise<Change[]> {
  const changes: Change[] = [];
  for (const file of files) {
    const change =
      file === "package.json"
        ? await mergeManifest(join(base, file), join(target, file), owner)
        : mergeFile(file, join(base, file), join(target, file), join(owner, file));
    if (change) changes.push(change);
  }
  return changes;
}

const read = (path: string): Buffer | undefined =>
  existsSync(path) ? readFileSync(path) : undefined;

const isSame = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b);

function mergeFile(
  file: string,
  basePath: string,
  targetPath: string,
  ownerPath: string,
): Change | undefined {
  const [base, target, owner] = [read(basePath), read(targetPath), read(ownerPath)];
  if (isSame(base, target) || isSame(owner, target)) return undefined;
  if (target === undefined) {
    return isSame(owner, base)
      ? { file, kind: "removed", content: null }
      : { file, kind: "kept", notes: ["you have changed it: remove it if you do not need it"] };
  }
  const { mode } = statSync(targetPath);
  if (owner === undefined) {
    return base === undefined
      ? { file, kind: "added", content: target, mode }
      : { file, kind: "skipped", notes: ["you have removed it"] };
  }
  if (isSame(owner, base)) return { file, kind: "changed", content: target };
  const notes = keepGenerated(file, owner, [basePath, targetPath]);
  const { merged, hasConflicts } = mergeTexts(ownerPath, base ? basePath : "/dev/null", targetPath);
  return hasConflicts
    ? { file, kind: "conflict", content: merged, notes: ["resolve the conflict markers", ...notes] }
    : { file, kind: isSame(owner, merged) ? "kept" : "changed", content: merged, notes };
}

/** What `npm run docs` writes from `src/config.ts`. */
const GENERATED: Readonly<Record<string, RegExp>> = {
  ".env.example": /^[^]*$/,
  "docs/configuration.md": /<!-- variables, written by `npm run docs` -->[^]*?<!-- end -->/,
};

/**
 * Gives both renderings what is generated in the owner's file, so that it is not merged: one variable of the owner's could
 * change all rows of a table.
 * @returns Notes for the owner.
 */
function keepGenerated(file: string, owner: Buffer, renderings: readonly string[]): string[] {
  const [own] = GENERATED[file]?.exec(owner.toString()) ?? [];
  if (own === undefined) return [];
  for (const path of renderings.filter(existsSync)) {
    const text = readFileSync(path, "utf8");
    writeFileSync(
      path,
      text.replace(GENERATED[file]!, () => own),
    );
  }
  return ["run `npm run docs` after `npm install`: it writes the variables again"];
}

/** @throws UsageError when git is missing, or a file is binary. */
function mergeTexts(owner: string, base: string, target: string) {
  const labels = ["-L", "yours", "-L", "template before", "-L", "template"];
  const args = ["merge-file", "-p", "--diff3", ...labels, owner, base, target];
  const { status, stdout, stderr, error } = spawnSync("git", args, { maxBuffer: 2 ** 26 });
  // The number of conflicts, up to 127.
  if (error || status === null || status > 127) {
    throw new UsageError(
      `git cannot merge ${owner}: ${error?.message ?? stderr.toString().trim()}; nothing has been changed`,
    );
  }
  return { merged: stdout, hasConflicts: status > 0 };
}

async function mergeManifest(
  basePath: string,
  targetPath: string,
  owner: string,
): Promise<Change | undefined> {
  const file = "package.json";
  const ownerText = readFileSync(join(owner, file), "utf8");
  const parse = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Json;
  const { merged, notes } = mergeManifests(
    parse(basePath),
    parse(targetPath),
    JSON.parse(ownerText) as Json,
  );
  const text = await formatted(owner, file, JSON.stringify(merged));
  if (text === ownerText) return undefined;
  return { file, kind: "changed", content: Buffer.from(text), notes };
}

/** Makes the planned changes. */
export function applyMerge(owner: string, changes: readonly Change[]): void {
  for (const { file, content, mode } of changes) {
    const path = join(owner, file);
    if (content === null) rmSync(path);
    else if (content !== undefined) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      if (mode !== undefined) chmodSync(path, mode);
    }
  }
}
