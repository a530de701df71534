// A folder for the files of one request, which is removed with its contents.
import { rmSync } from "node:fs";
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { currentLogger } from "../process/work-context";

const PREFIX = "berth-upload-";

/** From this age on, a folder was left behind by a process that was killed; in milliseconds. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** A folder that is created when it is first needed. */
export interface TemporaryFolder {
  /** Resolves to its path. */
  path(): Promise<string>;
  /** Removes it, if it was created. Does not reject: a failure is logged. */
  remove(): Promise<void>;
}

/** The folders that exist. */
const existing = new Set<string>();
/** The parents that this process has searched for abandoned folders. */
const swept = new Set<string>();

/** @param parent Where it is created. */
export function createTemporaryFolder(parent: string): TemporaryFolder {
  let made: Promise<string> | undefined;
  return {
    path: () => (made ??= make(parent)),
    async remove() {
      const path = await made?.catch(() => undefined);
      if (path === undefined) return;
      try {
        await rm(path, { recursive: true, force: true });
        existing.delete(path);
      } catch (err) {
        currentLogger()?.warn({ err, folder: path }, "the files of an upload cannot be removed");
      }
    },
  };
}

async function make(parent: string): Promise<string> {
  const path = await mkdtemp(join(parent, PREFIX));
  existing.add(path);
  if (swept.size === 0) process.once("exit", removeAll);
  if (!swept.has(parent)) {
    swept.add(parent);
    void removeAbandoned(parent, Date.now() - ABANDONED_MS);
  }
  return path;
}

/** For requests that are in flight when the process exits. */
function removeAll(): void {
  for (const path of existing) rmSync(path, { recursive: true, force: true });
}

/** Removes folders that were last changed before a point in time, except another user's. */
export async function removeAbandoned(parent: string, before: number): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((name) => name.startsWith(PREFIX))) {
    const path = join(parent, name);
    try {
      if ((await lstat(path)).mtimeMs < before) await rm(path, { recursive: true, force: true });
    } catch {
      // Another process has removed it, or it belongs to another user.
    }
  }
}
