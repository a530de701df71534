// Unpacks the tarballs of Berth's packages.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "port-contract/args";
import type * as TypeScript from "typescript";

interface PackageManifest {
  name: string;
  version: string;
  scripts?: object;
  devDependencies?: Record<string, string>;
}

const manifestIn = (folder: string): PackageManifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageManifest;

/** The file name that `npm pack` gives a package's tarball. */
export const fileNameOf = (name: string, version: string): string => `${name}-${version}.tgz`;

/**
 * Unpacks a package into a new folder.
 * @throws UsageError when the tarball is incomplete, or contains another package or version.
 */
export function unpackTarball(
  path: string,
  folder: string,
  name: string,
  version?: string,
): PackageManifest {
  mkdirSync(folder, { recursive: true });
  const args = ["-xzf", path, "-C", folder, "--strip-components", "1", "--no-same-owner"];
  const { status, error, stderr } = spawnSync("tar", args, { encoding: "utf8" });
  if (status !== 0) {
    const reason = error?.message ?? stderr.trim().split("\n")[0];
    throw new UsageError(
      `${basename(path)} cannot be unpacked (${reason}): download or pack it again; nothing has been changed`,
    );
  }
  const manifest = manifestIn(folder);
  if (manifest.name === name && (version === undefined || manifest.version === version))
    return manifest;
  const wanted = version === undefined ? name : `${name} ${version}`;
  throw new UsageError(
    `${basename(path)} has ${manifest.name} ${manifest.version}, not ${wanted}: replace it with the tarball of ${wanted}; nothing has been changed`,
  );
}

/**
 * Unpacks a package's sources so that they can be changed: without the compiled files, without scripts, and with only those
 * development dependencies that the sources import.
 */
export function unpackSources(path: string, folder: string, name: string, version?: string): void {
  unpackTarball(path, folder, name, version);
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  const { scripts: _scripts, devDependencies = {}, ...manifest } = manifestIn(folder);
  const imported = importsOf(join(folder, "src"));
  const needed = Object.entries(devDependencies).filter(([each]) =>
    imported.has(each.replace(/^@types\//, "")),
  );
  const text = JSON.stringify(
    { ...manifest, devDependencies: Object.fromEntries(needed) },
    undefined,
    2,
  );
  writeFileSync(join(folder, "package.json"), `${text}\n`);
}

/** The packages that the TypeScript files below a folder import. */
function importsOf(folder: string): ReadonlySet<string> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- slow to load, and only needed here
  const ts = require("typescript") as typeof TypeScript;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Set(
    files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => ts.preProcessFile(readFileSync(join(folder, file), "utf8")).importedFiles)
      .map(({ fileName }) => /^(@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? ""),
  );
}
