// Adapts the owner's files to breaking changes of the packages.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf } from "../scaffold/files";
import { formatted } from "../scaffold/tidy";
import { compareVersions, isBetween } from "./versions";

/** The texts of TypeScript files, by path. */
export type Sources = ReadonlyMap<string, string>;

export interface Codemod {
  /** The version with the breaking change. */
  version: string;
  /** What it does, for the owner. */
  about: string;
  change: (sources: Sources) => Sources;
}

/** The codemods of all versions; `renamedExports` creates one for renamed exports. None is needed before 0.3.0. */
export const CODEMODS: Codemod[] = [];

/** The codemods of the versions after `from`, up to `to`, sorted by version. */
export const codemodsBetween = (
  from: string,
  to: string,
  all: readonly Codemod[] = CODEMODS,
): Codemod[] =>
  all
    .filter(({ version }) => isBetween(version, from, to))
    .sort((a, b) => compareVersions(a.version, b.version));

/** The TypeScript files of a service. */
const isOwn = (file: string): boolean => /^(src|test|scripts)\/.*\.ts$/.test(file);

/**
 * Runs codemods on the files of a folder. A file that was formatted is formatted again.
 * @returns The files that have changed.
 */
export async function runCodemods(root: string, codemods: readonly Codemod[]): Promise<Sources> {
  if (codemods.length === 0) return new Map();
  const before: Sources = new Map(
    filesOf(root)
      .filter(isOwn)
      .map((file) => [file, readFileSync(join(root, file), "utf8")]),
  );
  const after = codemods.reduce((sources, { change }) => change(sources), before);
  const changed = new Map<string, string>();
  for (const [file, text] of after) {
    const was = before.get(file) ?? "";
    if (text === was) continue;
    const isFormatted = (await formatted(root, file, was)) === was;
    changed.set(file, isFormatted ? await formatted(root, file, text) : text);
  }
  return changed;
}

export function writeSources(folder: string, sources: Sources): void {
  for (const [file, text] of sources) writeFileSync(join(folder, file), text);
}
