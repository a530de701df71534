// Tells what is saved in a folder, while files come, go, and are renamed into place.
import { type FSWatcher, readdirSync, watch } from "node:fs";
import { join } from "node:path";

/** Saving is several events: files are written in parts, or renamed into place. */
const SETTLE_MS = 50;

export interface Saves {
  /** Resolves when something has been saved since the last `take`, at once when that is so already. */
  pending(): Promise<void>;
  /** The paths of what has been saved since then. */
  take(): string[];
}

/** Watches the folder and all within, also folders that come later. */
export function watchSaves(root: string): Saves {
  let watchers: FSWatcher[] = [];
  let paths: string[] = [];
  let settled: NodeJS.Timeout | undefined;
  let resolve!: () => void;
  let pending = new Promise<void>((done) => (resolve = done));

  /** All of them anew: a folder that has gone and come back is another one, of which nothing tells. */
  const watchAll = (): void => {
    const before = watchers;
    watchers = foldersIn(root).map((folder) => {
      const watcher = watch(folder, (_event, name) => saved(join(folder, name ?? "")));
      return watcher.on("error", () => watcher.close());
    });
    for (const watcher of before) watcher.close();
  };
  const saved = (path: string): void => {
    paths.push(path);
    clearTimeout(settled);
    settled = setTimeout(() => {
      watchAll();
      resolve();
    }, SETTLE_MS);
  };
  watchAll();

  return {
    pending: () => pending,
    take() {
      const taken = paths;
      paths = [];
      pending = new Promise<void>((done) => (resolve = done));
      return taken;
    },
  };
}

/** The folder and all within: whole folders are watched because an editor may replace a file, and its inode. */
function foldersIn(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory());
  return [root, ...folders.map(({ parentPath, name }) => join(parentPath, name))];
}
