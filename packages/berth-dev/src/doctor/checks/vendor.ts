// Checks the packages in vendor/: whether each is the file that package-lock.json names, and whether its installed files match.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { readTar } from "../../embedded-postgres/tar";
import type { Finding } from "../check";
import type { Context } from "../context";
import { readLock, versionIn } from "../installed";

export async function checkVendor(context: Context): Promise<Finding[]> {
  const entries = Object.entries(readLock(context) ?? {});
  const findings = await Promise.all(
    entries.flatMap(([path, { resolved = "", integrity }]) => {
      const [, file] = /^file:(.+\.tgz)$/.exec(resolved) ?? [];
      return file === undefined ? [] : [checkTarball(context.root, path, file, integrity)];
    }),
  );
  return findings.flat();
}

async function checkTarball(
  root: string,
  path: string,
  file: string,
  integrity: string | undefined,
): Promise<Finding[]> {
  const tarball = await read(join(root, file));
  if (tarball === undefined) {
    const message = `${file} is missing, but package-lock.json installs ${path} from it`;
    return [{ level: "error", message, cure: `git checkout -- ${file}` }];
  }
  if (integrity !== undefined && !matches(tarball, integrity)) {
    const message = `${file} is not the file that package-lock.json names: npm ci rejects it (EINTEGRITY)`;
    const cure = `git checkout -- ${file}: a changed package needs a new version`;
    return [{ level: "error", message, cure }];
  }
  // The check of packages reports that it is not installed.
  if (versionIn(join(root, path)) === undefined) return [];
  const edited = await editedFiles(join(root, path), tarball);
  if (edited.length === 0) return [];
  const [first = "", ...others] = edited;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return [
    {
      level: "warning",
      message: `${path} was edited: ${first}${more} differs from ${file}, but other machines run the original`,
      cure: "npm ci restores it",
    },
  ];
}

/** @param integrity As in a lock file: `sha512-…`, or several hashes. */
function matches(bytes: Buffer, integrity: string): boolean {
  return integrity.split(/\s+/).some((each) => {
    const [algorithm = "", digest] = each.split(/-(.*)/, 2);
    return createHash(algorithm).update(bytes).digest("base64") === digest;
  });
}

/** The package's files that differ from its tarball, or are missing. */
async function editedFiles(folder: string, tarball: Buffer): Promise<string[]> {
  const archive = await promisify<Buffer, Buffer>(gunzip)(tarball);
  const compared = [...readTar(archive)].map(async ([name, content]) => {
    // Everything in a package is below a folder, whose name npm ignores.
    const file = name.replace(/^[^/]+\//, "");
    const installed = content === undefined ? undefined : await read(join(folder, file));
    return content === undefined || installed?.equals(content) ? [] : [file];
  });
  return (await Promise.all(compared)).flat();
}

/** Undefined if it does not exist. */
function read(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((err: NodeJS.ErrnoException) => {
    if (err.code === "ENOENT" || err.code === "ENOTDIR") return undefined;
    throw err;
  });
}
