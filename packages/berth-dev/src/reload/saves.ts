// A file watcher: reports files in a folder that are saved, created, deleted or renamed into place.
import { type Dirent, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";

/** Debounces the events of one save, in milliseconds: files are written in parts, or renamed into place. */
const DEBOUNCE_MS = 50;
/** The polling interval where folders cannot be watched, in milliseconds. */
const POLL_MS = 1000;

/** Installed packages, caches, and temporary files of Vim, Emacs, Kate, GNOME, JetBrains, macOS, Windows and NFS. */
const IGNORED =
  /^(node_modules|\.(.*\.)?sw[a-z]x?|4913|\.#.*|#.*#|.*~|\..*\.kate-swp|\.goutputstream-.*|.*___jb_(tmp|old)___|\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|\.nfs.*)$/;

const CURES: Readonly<Record<string, string>> = {
  ENOSPC: "; more inotify watches: sudo sysctl fs.inotify.max_user_watches=524288",
  EMFILE: "; more inotify instances: sudo sysctl fs.inotify.max_user_instances=1024",
};

export interface Saves {
  /** Resolves when a file has been saved since the last `take`. */
  pending(): Promise<void>;
  /** The paths of the files saved since the last call. */
  take(): string[];
  close(): void;
}

/**
 * Watches the folder and all folders in it, including new ones. Polls once a second while the system has no watches left, or
 * the folder does not exist.
 * @param say Receives a message when polling begins.
 */
export function watchSaves(root: string, say: (line: string) => void): Saves {
  let watchers: FSWatcher[] = [];
  let polling: NodeJS.Timeout | undefined;
  let paths: string[] = [];
  let debounce: NodeJS.Timeout | undefined;
  let resolve!: () => void;
  let pending = new Promise<void>((done) => (resolve = done));

  /** Replaces all watchers: those of a folder that was deleted and created again report nothing. */
  const watchAll = (): void => {
    const before = watchers;
    watchers = [];
    try {
      for (const folder of foldersIn(root)) {
        const watcher = watch(folder, (_event, name) => saved(folder, name ?? ""));
        watchers.push(watcher.on("error", pollInstead));
      }
      clearInterval(polling);
      polling = undefined;
    } catch (err) {
      pollInstead(err as NodeJS.ErrnoException);
    }
    for (const watcher of before) watcher.close();
  };
  const pollInstead = ({ code = "" }: NodeJS.ErrnoException): void => {
    for (const watcher of watchers.splice(0)) watcher.close();
    if (polling) return;
    say(`${root} cannot be watched (${code}), polling once a second${CURES[code] ?? ""}`);
    let before = stampsIn(root);
    polling = setInterval(() => {
      const now = stampsIn(root);
      for (const path of new Set([...before.keys(), ...now.keys()])) {
        if (before.get(path) !== now.get(path)) saved(path);
      }
      before = now;
    }, POLL_MS);
  };
  const saved = (folder: string, name = ""): void => {
    if (IGNORED.test(name)) return;
    paths.push(join(folder, name));
    clearTimeout(debounce);
    debounce = setTimeout(() => {
      watchAll();
      resolve();
    }, DEBOUNCE_MS);
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
      clearInterval(polling);
      clearTimeout(debounce);
    },
  };
}

/** The folder and all folders in it. Folders are watched, not files, as an editor may replace a file and its inode. */
function foldersIn(root: string): string[] {
  const folders = entriesIn(root).filter((entry) => entry.isDirectory());
  return [root, ...folders.map(({ parentPath, name }) => join(parentPath, name))];
}

function entriesIn(root: string): Dirent[] {
  return readdirSync(root, { withFileTypes: true })
    .filter(({ name }) => !IGNORED.test(name))
    .flatMap((entry) =>
      entry.isDirectory() ? [entry, ...entriesIn(join(root, entry.name))] : [entry],
    );
}

/** The files by path, each with a stamp that changes with each save. Empty while a folder is being deleted or created. */
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
