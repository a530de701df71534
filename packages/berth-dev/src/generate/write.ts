// Writes what a command has planned: all of it or, if a file cannot be written, nothing.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "port-contract/args";
import type { Plan } from "./plan";

/** @throws UsageError when a file cannot be written; then everything is as before. */
export function writePlan({ workspace: { root }, created, changed }: Plan): void {
  const undo: (() => void)[] = [];
  try {
    for (const [file, text] of created) {
      const path = join(root, file);
      makeFolder(dirname(path), undo);
      writeFileSync(path, text, { flag: "wx" });
      undo.push(() => rmSync(path));
    }
    // Each file is replaced atomically, so a run that is killed leaves either the old text or the new one.
    const replacements = [...changed].map(([file, { before, after }]) => {
      const path = realpathSync(join(root, file));
      const unfinished = `${path}.${process.pid}`;
      writeFileSync(unfinished, after, { flag: "wx" });
      undo.push(() => rmSync(unfinished, { force: true }));
      chmodSync(unfinished, statSync(path).mode);
      return { path, unfinished, before };
    });
    for (const { path, unfinished, before } of replacements) {
      renameSync(unfinished, path);
      undo.push(() => writeFileSync(path, before));
    }
  } catch (err) {
    for (const step of undo.reverse()) step();
    throw new UsageError(`${(err as Error).message}: make it writable; nothing has been changed`, {
      cause: err,
    });
  }
}

/** Creates a folder, and missing folders above it. */
function makeFolder(folder: string, undo: (() => void)[]): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), undo);
  mkdirSync(folder);
  undo.push(() => rmdirSync(folder));
}
