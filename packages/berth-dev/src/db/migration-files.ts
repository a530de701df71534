// Where migrations are: in a folder of each feature; their names order them all.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Their glob, relative to the folder of the sources: what the release process uses. */
export const MIGRATION_FILES = "features/*/migrations/*.ts";

/** The names of all migrations below the folder of the sources, in the order in which they are applied. */
export function listMigrations(src: string): string[] {
  const features = join(src, "features");
  return (
    namesIn(features)
      .flatMap((feature) => namesIn(join(features, feature, "migrations")))
      // Emacs locks a file by a link of its name behind `.#`.
      .filter((file) => file.endsWith(".ts") && !file.startsWith("."))
      .map((file) => basename(file, ".ts"))
      .sort()
  );
}

/** Nothing only if there is no such folder: a migration that cannot be read is not one that is gone. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (err) {
    if (["ENOENT", "ENOTDIR"].includes((err as NodeJS.ErrnoException).code ?? "")) return [];
    throw err;
  }
}
