// Allows only one init at a time in a clone, because it reads the clone's files, and may change them.
import { mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { isRunning, UsageError } from "berth-dev/scaffold";

/**
 * Locks the clone until this process ends. The lock is a symbolic link to a process id, because creating one is atomic: no
 * other process ever sees a lock without its owner. The lock of a killed process is replaced.
 * @throws UsageError when another process has the lock.
 */
export function lockClone(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    symlinkSync(String(process.pid), path);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "EEXIST") throw err;
    const owner = readlinkSync(path);
    if (isRunning(Number(owner))) {
      throw new UsageError(
        `process ${owner} runs init in this clone: wait until it has ended, or remove ${path} if that process is not init; nothing has been changed`,
      );
    }
    rmSync(path, { force: true });
    return lockClone(path);
  }
  process.on("exit", () => rmSync(path, { force: true }));
}
