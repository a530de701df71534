// The .env file: variables for all processes, beneath those of the environment.
import { readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "dotenv";

export type Values = Record<string, string>;

/** Saving is several events: files are written in parts, or renamed into place. */
const SETTLE_MS = 50;

/**
 * Returns what is in the file; nothing when there is none, unless `isRequired`.
 * @throws Error when it cannot be read.
 */
export function readEnvFile(file: string, isRequired: boolean): Values {
  try {
    return parse(readFileSync(file));
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (!isRequired && code === "ENOENT") return {};
    throw new Error(`cannot read ${file} (${code}): choose another file with --env`, {
      cause: err,
    });
  }
}

/**
 * Resolves to what is in the file once that is something else than `values`, also when it comes or goes; rejects when it cannot be
 * read any more.
 */
export function changedEnvFile(file: string, values: Values): Promise<Values> {
  return new Promise((resolve, reject) => {
    let settled: NodeJS.Timeout | undefined;
    const look = () => {
      try {
        const read = readEnvFile(file, false);
        if (isDeepStrictEqual(read, values)) return;
        resolve(read);
      } catch (err) {
        if (err instanceof Error) reject(err);
      }
      watcher.close();
    };
    // The folder, because an editor may replace the file, and its inode.
    const watcher = watch(dirname(file), (_event, name) => {
      if (name !== null && name !== basename(file)) return;
      clearTimeout(settled);
      settled = setTimeout(look, SETTLE_MS);
    });
    // Since `values` were read.
    look();
  });
}
