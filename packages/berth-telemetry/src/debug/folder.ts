// The folder of a heap snapshot, which only this user can read: a snapshot has everything in it that the process knows.
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "berth-debug-";
/** How old a folder is that a process has left when it was killed, in milliseconds. */
const ABANDONED_MS = 60 * 60 * 1000;

export const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true });

/** Makes one in TMPDIR, and removes those that were left there. @throws Error of the file system. */
export async function makeFolder(now = Date.now()): Promise<string> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((name) => name.startsWith(PREFIX))) {
    const path = join(tmpdir(), name);
    const { mtimeMs = now } = (await lstat(path).catch(() => undefined)) ?? {};
    // Another user's stays.
    if (mtimeMs < now - ABANDONED_MS) await removeFolder(path).catch(() => undefined);
  }
  return mkdtemp(join(tmpdir(), PREFIX));
}
