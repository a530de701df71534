// The packages of this repository, and what each of them lets others import.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What of a package.json is looked at here. */
export interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
}

/** A package in this repository. */
export interface Package {
  folder: string;
  manifest: Manifest;
}

const FOLDER = join(__dirname, "../../packages");

export const packages: readonly Package[] = [
  "berth",
  "berth-dev",
  "berth-grpc",
  "port-contract",
].map((name) => {
  const folder = join(FOLDER, name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  return { folder, manifest };
});

/** The declarations of each entry point, by its name: `index` for the package's own. */
export const declarationsOf = ({ folder, manifest }: Package): Map<string, string> =>
  new Map(
    Object.entries(manifest.exports).flatMap(([entry, target]) =>
      typeof target === "string"
        ? []
        : [[entry === "." ? "index" : entry.slice("./".length), join(folder, target.types)]],
    ),
  );
