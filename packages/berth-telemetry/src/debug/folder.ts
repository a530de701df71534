// Folders for heap snapshots, readable only by this user: a snapshot contains every secret of the process.
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "berth-debug-";
/** From this age on, a folder was left behind by a process that was killed; in milliseconds. */
const ABANDONED_MS = 60 * 60 * 1000;

export const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true });

/** Makes a folder in TMPDIR, and removes those left behind there. @throws Error when TMPDIR is not writable. */
export async function makeFolder(now = Date.now()): Promise<string> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((name) => name.startsWith(PREFIX))) {
    const path = join(tmpdir(), name);
    const { mtimeMs = now } = (await lstat(path).catch(() => undefined)) ?? {};
    // Another user's folder cannot be removed, and stays.
    if (mtimeMs < now - ABANDONED_MS) await removeFolder(path).catch(() => undefined);
  }
  return mkdtemp(join(tmpdir(), PREFIX));
}
