// Tells what is saved in a folder, while files come, go, and are renamed into place.
import { type Dirent, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";

/** Saving is several events: files are written in parts, or renamed into place. */
const SETTLE_MS = 50;
/** How often to look for saves where folders cannot be watched, in milliseconds. */
const LOOK_MS = 1000;

/** Installed packages and caches, and what editors and desktops leave beside an open file: Vim, Emacs, Kate, GNOME, JetBrains, macOS, Windows, NFS. */
const NOT_SAVED =
  /^(node_modules|\.(.*\.)?sw[a-z]x?|4913|\.#.*|#.*#|.*~|\..*\.kate-swp|\.goutputstream-.*|.*___jb_(tmp|old)___|\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|\.nfs.*)$/;

const CURES: Readonly<Record<string, string>> = {
  ENOSPC: "; more inotify watches: sudo sysctl fs.inotify.max_user_watches=524288",
  EMFILE: "; more inotify instances: sudo sysctl fs.inotify.max_user_instances=1024",
};

export interface Saves {
  /** Resolves when something has been saved since the last `take`, at once when that is so already. */
  pending(): Promise<void>;
  /** The paths of what has been saved since then. */
  take(): string[];
  close(): void;
}

/**
 * Watches the folder and all within, also folders that come later. While the system refuses that, or the folder is gone, it
 * looks for saves once a second.
 * @param say Told once when that begins.
 */
export function watchSaves(root: string, say: (line: string) => void): Saves {
  let watchers: FSWatcher[] = [];
  let looking: NodeJS.Timeout | undefined;
  let paths: string[] = [];
  let settled: NodeJS.Timeout | undefined;
  let resolve!: () => void;
  let pending = new Promise<void>((done) => (resolve = done));

  /** Closes the old watchers last: a folder that has gone and come back is another one, of which they tell nothing. */
  const watchAll = (): void => {
    const before = watchers;
    watchers = [];
    try {
      for (const folder of foldersIn(root)) {
        const watcher = watch(folder, (_event, name) => saved(folder, name ?? ""));
        watchers.push(watcher.on("error", lookInstead));
      }
      clearInterval(looking);
      looking = undefined;
    } catch (err) {
      lookInstead(err as NodeJS.ErrnoException);
    }
    for (const watcher of before) watcher.close();
  };
  const lookInstead = ({ code = "" }: NodeJS.ErrnoException): void => {
    for (const watcher of watchers.splice(0)) watcher.close();
    if (looking) return;
    say(`${root} cannot be watched (${code}), looking for saves once a second${CURES[code] ?? ""}`);
    let before = stampsIn(root);
    looking = setInterval(() => {
      const now = stampsIn(root);
      for (const path of new Set([...before.keys(), ...now.keys()])) {
        if (before.get(path) !== now.get(path)) saved(path);
      }
      before = now;
    }, LOOK_MS);
  };
  const saved = (folder: string, name = ""): void => {
    if (NOT_SAVED.test(name)) return;
    paths.push(join(folder, name));
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
    close() {
      for (const watcher of watchers.splice(0)) watcher.close();
      clearInterval(looking);
      clearTimeout(settled);
    },
  };
}

/** The folder and all within: whole folders are watched because an editor may replace a file, and its inode. */
function foldersIn(root: string): string[] {
  const folders = entriesIn(root).filter((entry) => entry.isDirectory());
  return [root, ...folders.map(({ parentPath, name }) => join(parentPath, name))];
}

function entriesIn(root: string): Dirent[] {
  return readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !NOT_SAVED.test(name))
    .flatMap((entry) =>
      entry.isDirectory() ? [entry, ...entriesIn(join(root, entry.name))] : [entry],
    );
}

/** By path, what differs after each save; nothing while the folder, or one within, goes or comes. */
function stampsIn(root: string): Map<string, string> {
  try {
    const files = entriesIn(root).filter((entry) => entry.isFile());
    return new Map(files.map(({ parentPath, name }) => stampOf(join(parentPath, name))));
  } catch {
    return new Map();
  }
}

function stampOf(path: string): [path: string, stamp: string] {
  const { ino, size, mtimeMs } = statSync(path);
  return [path, `${ino} ${size} ${mtimeMs}`];
}
