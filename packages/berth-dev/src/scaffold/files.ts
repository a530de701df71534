// The files of the template or of a service, and whether they may be changed.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "port-contract/args";

/** Files and folders that never belong to the template or a service, even if git tracks them. */
const PRIVATE = /^(node_modules|dist|dist-.*|coverage|\.git|\.data|\.env)$/;

function git(root: string, ...args: string[]): { ok: boolean; out: string } {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return { ok: status === 0, out: stdout ?? "" };
}

/** Whether the folder has its own repository: a copy may lie inside another one. */
export function hasGit(root: string): boolean {
  const { ok, out } = git(root, "rev-parse", "--show-cdup");
  return ok && out.trim() === "";
}

/**
 * @param otherwise An alternative to committing, for the message.
 * @throws UsageError when there are uncommitted changes: they would mix with the command's, and undoing these would lose them.
 */
export function requireClean(root: string, otherwise = ""): void {
  if (!hasGit(root)) return;
  const [change] = git(root, "status", "--porcelain").out.split("\n").filter(Boolean);
  if (change === undefined) return;
  throw new UsageError(
    `there are uncommitted changes, such as ${change.slice(3)}: commit them first${otherwise}`,
  );
}

/**
 * The files of the folder, as relative paths with forward slashes.
 * @throws UsageError when one is a symbolic link: its target may be outside the clone.
 */
export function filesOf(root: string): string[] {
  const listed = hasGit(root) ? git(root, "ls-files", "-z").out.split("\0") : walk(root, "");
  return [...new Set(listed)].filter((file) => {
    if (file === "" || file.split("/").some((name) => PRIVATE.test(name))) return false;
    refuseLinks(root, file);
    return existsSync(join(root, file));
  });
}

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (PRIVATE.test(entry.name)) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(root, path) : [path];
  });
}

function refuseLinks(root: string, file: string): void {
  const names = file.split("/");
  for (const [index] of names.entries()) {
    const path = names.slice(0, index + 1).join("/");
    if (!lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    throw new UsageError(
      `${path} is a symbolic link to ${readlinkSync(join(root, path))}: replace it with the file or folder itself; nothing has been changed`,
    );
  }
}
