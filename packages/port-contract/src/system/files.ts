// Finds files that a run has written, by modification time or by open descriptors.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// File timestamps are coarse: a file may appear slightly older than it is.
const tickMs = 50;
const ignored = new Set(["node_modules", ".git", "dist", "coverage"]);

/** Lists the files below a directory that were written since a time, at most `depth` levels deep. */
export function filesWrittenSince(sinceMs: number, dir = process.cwd(), depth = 2): string[] {
  return entriesOf(dir).flatMap(({ name }) => {
    const path = join(dir, name);
    const entry = statOrNone(path);
    if (entry?.isFile()) return entry.mtimeMs >= sinceMs - tickMs ? [path] : [];
    const enter = entry?.isDirectory() && depth > 0 && !ignored.has(name);
    return enter ? filesWrittenSince(sinceMs, path, depth - 1) : [];
  });
}

/** Lists the files written since a time whose content is one of these process ids and nothing else. */
export function pidFilesOf(pids: readonly number[], sinceMs: number): string[] {
  const places = [...filesWrittenSince(sinceMs), ...filesWrittenSince(sinceMs, tmpdir(), 1)];
  const all = [...places, ...filesWrittenSince(sinceMs, "/run", 1)];
  return [...new Set(all)].filter((path) => pids.includes(numberIn(path)));
}

/** Lists the regular files that these processes have open for writing; only on Linux, elsewhere empty. */
export function filesHeldOpen(pids: readonly number[]): string[] {
  const held = pids.flatMap((pid) => {
    const fds = entriesOf(`/proc/${pid}/fd`).map(({ name }) => name);
    return fds.flatMap((fd) => (isWritable(pid, fd) ? pathBehind(pid, fd) : []));
  });
  return [...new Set(held)];
}

function isWritable(pid: number, fd: string): boolean {
  const flags = /^flags:\s*(\d+)/m.exec(readOrEmpty(`/proc/${pid}/fdinfo/${fd}`))?.[1] ?? "0";
  return (parseInt(flags, 8) & 3) !== 0;
}

function pathBehind(pid: number, fd: string): string[] {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
    return statSync(path).isFile() ? [path] : [];
  } catch {
    return []; // A socket, a pipe, or a deleted file.
  }
}

function numberIn(path: string): number {
  const text = readOrEmpty(path).slice(0, 32).trim();
  return /^\d+$/.test(text) ? Number(text) : 0;
}

function statOrNone(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined; // Deleted, or a dangling symlink.
  }
}

function entriesOf(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
