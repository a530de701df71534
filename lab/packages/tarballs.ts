// Packs packages as npm would publish them.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Package } from "./packages";

/** A packed package. */
export interface Tarball {
  path: string;
  /** The paths in it. */
  files: readonly string[];
}

interface Packed {
  filename: string;
  files: readonly { path: string }[];
}

/** @param destination Where the tarball is put; without it, it is only told what would be in it. */
export function pack({ folder }: Package, destination?: string): Tarball {
  const where = destination === undefined ? ["--dry-run"] : ["--pack-destination", destination];
  const answer = execFileSync("npm", ["pack", "--json", "--ignore-scripts", ...where], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  // A list up to npm 11, and by name from npm 12 on.
  const [packed] = Object.values(JSON.parse(answer) as Packed[] | Record<string, Packed>);
  if (!packed) throw new Error(`npm has packed nothing of ${folder}`);
  return {
    path: join(destination ?? folder, packed.filename),
    files: packed.files.map(({ path }) => path),
  };
}
