// Runs a program and starts it anew when a file in its folder changes; behind `npm run dev`.
import { type ChildProcess, spawn } from "node:child_process";
import { type FSWatcher, readdirSync, watch } from "node:fs";
import { dirname, join } from "node:path";

/** Saving is several events: files are written in parts, or renamed into place. */
const SETTLE_MS = 50;

/** The folder and all within: whole folders are watched because an editor may replace a file, and its inode. */
function foldersIn(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory());
  return [root, ...folders.map(({ parentPath, name }) => join(parentPath, name))];
}

/** Calls back once after each burst of changes, in folders that come later, too. */
function onChange(root: string, callback: () => void): void {
  const watchers = new Map<string, FSWatcher>();
  let settled: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(settled);
    settled = setTimeout(() => {
      watchAll();
      callback();
    }, SETTLE_MS);
  };
  const watchAll = (): void => {
    for (const folder of foldersIn(root)) {
      if (watchers.has(folder)) continue;
      const watcher = watch(folder, changed).on("error", () => watchers.delete(folder));
      watchers.set(folder, watcher);
    }
  };
  watchAll();
}

function main(program: string): void {
  let child: ChildProcess | undefined;
  let isChanged = false;
  let isStopping = false;

  const start = (): void => {
    child = spawn(process.execPath, ["--require", "ts-node/register", program], {
      stdio: "inherit",
    });
    child.once("exit", (code) => {
      child = undefined;
      if (isStopping) process.exit(code ?? 1);
      if (isChanged) restart();
      else console.log(`${program} ended with ${code}, waiting for a change`);
    });
  };
  const restart = (): void => {
    isChanged = false;
    console.log(`starting ${program} anew`);
    start();
  };

  onChange(dirname(program), () => {
    if (child === undefined) return restart();
    isChanged = true;
    child.kill("SIGTERM");
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      isStopping = true;
      if (child === undefined) process.exit(0);
      child.kill(signal);
    });
  }
  start();
}

main(process.argv[2] as string);
