// Packs packages as npm would publish them.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Package } from "./packages";

/** A packed package. */
export interface Tarball {
  path: string;
  /** The paths of its files. */
  files: readonly string[];
  /** The size in bytes. */
  size: number;
  /** The hash by which a lock file names it. */
  integrity: string;
}

interface Packed {
  filename: string;
  size: number;
  integrity: string;
  files: readonly { path: string }[];
}

/** @param destination The folder of the tarball; without it, the files are only listed. */
export function pack({ folder }: Package, destination?: string): Tarball {
  const where = destination === undefined ? ["--dry-run"] : ["--pack-destination", destination];
  const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", ...where], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  // A list up to npm 11; an object by name since npm 12.
  const [packed] = Object.values(JSON.parse(output) as Packed[] | Record<string, Packed>);
  if (!packed) throw new Error(`npm pack returned nothing for ${folder}`);
  return {
    path: join(destination ?? folder, packed.filename),
    size: packed.size,
    integrity: packed.integrity,
    files: packed.files.map(({ path }) => path),
  };
}
