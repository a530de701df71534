// Finds migrations. Each feature has a folder of them; across features, they are ordered by name.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Their glob, relative to the folder of the sources: the same as in the release process. */
export const MIGRATION_FILES = "features/*/migrations/*.ts";

/** The names of all migrations below the folder of the sources, in the order in which they are applied. */
export function listMigrations(src: string): string[] {
  const features = join(src, "features");
  return (
    namesIn(features)
      .flatMap((feature) => namesIn(join(features, feature, "migrations")))
      // Emacs locks a file with a link named `.#file`.
      .filter((file) => file.endsWith(".ts") && !file.startsWith("."))
      .map((file) => basename(file, ".ts"))
      .sort()
  );
}

/** Empty if the folder does not exist. Other errors are thrown: an unreadable migration is not a missing one. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (err) {
    if (["ENOENT", "ENOTDIR"].includes((err as NodeJS.ErrnoException).code ?? "")) return [];
    throw err;
  }
}
