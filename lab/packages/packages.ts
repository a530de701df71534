// The packages of this repository, and their entry points.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The fields of a package.json that are used here. */
export interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { types: string; default: string }>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** A package in this repository. */
export interface Package {
  folder: string;
  manifest: Manifest;
}

const FOLDER = join(__dirname, "../../packages");

/** In the order in which they are published: each after those that it depends on. */
export const packages: readonly Package[] = [
  "port-contract",
  "berth",
  "berth-grpc",
  "berth-telemetry",
  "berth-dev",
  "create-berth",
].map((name) => {
  const folder = join(FOLDER, name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  return { folder, manifest };
});

/** The declaration file of each entry point by name; `index` is the package's root. */
export const declarationsOf = ({ folder, manifest }: Package): Map<string, string> =>
  new Map(
    Object.entries(manifest.exports).flatMap(([entry, target]) =>
      typeof target === "string"
        ? []
        : [[entry === "." ? "index" : entry.slice("./".length), join(folder, target.types)]],
    ),
  );
