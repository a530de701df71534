// Berth's packages in a service: in vendor, in packages, or from a registry.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_NAMES } from "../scaffold/parts";
import { tarballOf } from "../scaffold/render";
import { ownVersions, type ServiceManifest } from "../scaffold/service";
import { packFromRegistry } from "./releases";
import { fileNameOf } from "./tarballs";
import { isVersion } from "./versions";

/** The tarball of a package that the service is of: in its vendor folder, or fetched from the registry. */
export function recordedTarball(root: string, work: string, name: string): string {
  const version = ownVersions()[name] ?? "";
  const path = join(root, tarballOf(name, { [name]: version }));
  if (existsSync(path)) return path;
  const folder = join(work, "recorded");
  mkdirSync(folder, { recursive: true });
  packFromRegistry(root, name, version, folder);
  return join(folder, fileNameOf(name, version));
}

/** The tarballs of Berth's packages in a folder. */
export const tarballsIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder).filter((file) =>
        PACKAGE_NAMES.some((name) => new RegExp(`^${name}-\\d.*\\.tgz$`).test(file)),
      )
    : [];

/** Gives the versions in a rendering the owner's prefix: `^` or `~`. */
export function useOwnRange(folder: string, manifest: ServiceManifest): void {
  const own = { ...manifest.dependencies, ...manifest.devDependencies };
  const [prefix = ""] = /^[~^](?=\d)/.exec(own["berth"] ?? "") ?? [];
  const path = join(folder, "package.json");
  const rendered = JSON.parse(readFileSync(path, "utf8")) as ServiceManifest;
  for (const specs of [rendered.dependencies, rendered.devDependencies]) {
    for (const name of PACKAGE_NAMES) {
      if (isVersion(specs[name] ?? "")) specs[name] = `${prefix}${specs[name]}`;
    }
  }
  writeFileSync(path, JSON.stringify(rendered));
}
