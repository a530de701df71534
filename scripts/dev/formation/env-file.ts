// The .env file: variables for all processes, beneath those of the environment.
import { readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "dotenv";

export type Values = Record<string, string>;

/** Saving is several events: files are written in parts, or renamed into place. */
const SETTLE_MS = 50;

/** Returns what is in the file; nothing when there is none, unless `isRequired`. */
export function readEnvFile(file: string, isRequired: boolean): Values {
  try {
    return parse(readFileSync(file));
  } catch (err) {
    if (!isRequired && (err as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw err;
  }
}

/** Resolves to what is in the file once that is something else than `values`, also when it comes or goes. */
export function changedEnvFile(file: string, values: Values): Promise<Values> {
  return new Promise((resolve) => {
    let settled: NodeJS.Timeout | undefined;
    const look = () => {
      const read = readEnvFile(file, false);
      if (isDeepStrictEqual(read, values)) return;
      watcher.close();
      resolve(read);
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
