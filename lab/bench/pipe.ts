// A pipe as a shell makes it, for two processes that are started here.
import { execFileSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Opens both ends; whoever has passed them on closes them. */
export function openPipe(): { readFd: number; writeFd: number } {
  const directory = mkdtempSync(join(tmpdir(), "berth-bench-"));
  const path = join(directory, "log");
  execFileSync("mkfifo", [path]);
  // Opening one end waits for the other, opening both at once does not.
  const bothFd = openSync(path, "r+");
  const readFd = openSync(path, "r");
  const writeFd = openSync(path, "w");
  closeSync(bothFd);
  rmSync(directory, { recursive: true });
  return { readFd, writeFd };
}
