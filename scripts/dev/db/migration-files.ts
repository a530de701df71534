// Where migrations are: in a folder of each feature; their names order them all.
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Their glob, relative to the folder of the sources: what the release process uses. */
export const MIGRATION_FILES = "features/*/migrations/*.ts";

/** The names of all migrations below the folder of the sources, in the order in which they are applied. */
export function listMigrations(src: string): string[] {
  const features = join(src, "features");
  if (!existsSync(features)) return [];
  return readdirSync(features)
    .map((feature) => join(features, feature, "migrations"))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => basename(file, ".ts"))
    .sort();
}
