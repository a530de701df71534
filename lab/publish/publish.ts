// Publishes the packages to the registry that npm is configured for.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packTemplate } from "berth-dev/scaffold";
import { UsageError } from "port-contract/args";
import { type Package, packages } from "../packages/packages";
import { pack, type Tarball } from "../packages/tarballs";

export interface PublishOptions {
  /** Further arguments of `npm publish`. */
  args: readonly string[];
  /** The environment of npm, which may configure the registry. */
  env: NodeJS.ProcessEnv;
  /** On GitHub, `OWNER/NAME`: the packages' `repository`, which provenance requires. */
  repository?: string;
  /** On GitHub, the name of the tag. */
  tag?: string;
}

/** What became of a package. */
export interface Published {
  name: string;
  version: string;
  tarball: Tarball;
  /** False if the registry had it already, as after an interrupted run. */
  isNew: boolean;
}

/**
 * Publishes each package after those that it depends on. Can be run again after an interruption.
 * @throws UsageError before anything is published when a version differs from the tag, or the registry has the version with other
 * content, or the name belongs to another repository.
 */
export function publishPackages({ args, env, repository, tag }: PublishOptions): Published[] {
  const [version] = new Set(packages.map(({ manifest }) => manifest.version));
  if (tag !== undefined && tag !== `v${version}`) {
    throw new UsageError(`the tag is ${tag}, but the packages are ${version}: tag v${version}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "publish-"));
  try {
    packTemplate(join(__dirname, "../.."));
    const staged = packages.map((pkg) => stage(pkg, folder, repository));
    const published = staged.map(({ pkg, tarball }) => {
      const { name, version } = pkg.manifest;
      return { name, version, tarball, isNew: isNew(pkg, tarball, env, repository) };
    });
    for (const { tarball, isNew } of published) {
      if (!isNew) continue;
      const all = ["publish", tarball.path, "--ignore-scripts", "--loglevel=error", ...args];
      execFileSync("npm", all, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
    }
    return published;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Packs a copy of the package, which says where its source is. */
function stage({ folder, manifest }: Package, to: string, repository: string | undefined) {
  const copy = join(to, manifest.name);
  cpSync(folder, copy, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|test)$/.test(path),
  });
  const pkg = { folder: copy, manifest };
  if (repository !== undefined) {
    const source = {
      type: "git",
      url: addressOf(repository),
      directory: `packages/${manifest.name}`,
    };
    const text = JSON.stringify({ ...manifest, repository: source }, undefined, 2);
    writeFileSync(join(copy, "package.json"), `${text}\n`);
  }
  const tarballs = join(to, "tarballs");
  mkdirSync(tarballs, { recursive: true });
  return { pkg, tarball: pack(pkg, tarballs) };
}

const addressOf = (repository: string): string => `git+https://github.com/${repository}.git`;

interface Entry {
  versions: string | string[];
  repository?: { url?: string };
  dist: { integrity: string };
}

function isNew(
  { manifest: { name, version } }: Package,
  { integrity }: Tarball,
  env: NodeJS.ProcessEnv,
  repository: string | undefined,
): boolean {
  const any = view(name, env);
  if (any === undefined) return true;
  const owner = any.repository?.url;
  if (repository !== undefined && owner !== addressOf(repository)) {
    throw new UsageError(
      `the registry has another package with the name ${name} (repository ${owner ?? "not named"}): nothing has been published`,
    );
  }
  const same = view(`${name}@${version}`, env);
  if (same === undefined) return true;
  if (same.dist.integrity === integrity) return false;
  throw new UsageError(
    `${name}@${version} is published with other content: raise the version of all packages; nothing has been published`,
  );
}

/** What the registry says about a package; undefined if it has none. @throws UsageError when it cannot be asked. */
function view(spec: string, env: NodeJS.ProcessEnv): Entry | undefined {
  const args = ["view", spec, "versions", "repository", "dist", "--json", "--prefer-online"];
  const { stdout, stderr } = spawnSync("npm", args, { cwd: tmpdir(), env, encoding: "utf8" });
  if (stdout.trim() === "") return undefined;
  const entry = JSON.parse(stdout) as Entry & { error?: { code: string; summary: string } };
  if (entry.error === undefined) return entry;
  if (entry.error.code === "E404") return undefined;
  throw new UsageError(
    `the registry cannot be asked for ${spec}: ${entry.error.summary || stderr}`,
  );
}

/** One line for each package: its name, the size of its tarball, and what became of it. */
export const publishedLine = ({ name, version, tarball, isNew }: Published): string =>
  `${`${name}@${version}`.padEnd(22)} ${`${Math.ceil(tarball.size / 1024)} kB`.padStart(8)} ${String(tarball.files.length).padStart(4)} files  ${isNew ? "published" : "was there"}`;
